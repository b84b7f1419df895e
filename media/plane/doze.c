/* While nobody sends, what comes is consent, from everyone every few seconds. To answer takes microseconds; to wake the
 * event loop for it takes a hundred times as long, since all of it has left the caches meanwhile. So the event loop sleeps
 * in here, and checks are left to gather. */
#include "internal.h"

#include <math.h>
#include <poll.h>

static const double QUIET = 1.0, GATHER = 0.25; /* seconds */

int plane_is_quiet(const plane *p) {
    return p->now - p->stirred_at >= QUIET && !plane_has_news(p) && !plane_is_unfinished(p) && !p->dirty;
}

/* Until one of them is readable, or it is that time. */
static bool wait_for(struct pollfd *fds, nfds_t count, double until) {
    double left = until - clock_now();
    return poll(fds, count, left > 0 ? (int)ceil(left * 1000) : 0) > 0;
}

static void read_all(plane *p) {
    for (int i = 0; i < p->socket_count; i++) plane_read(p, i, clock_now());
    plane_read_connections(p, clock_now());
}

void plane_doze(plane *p, int fd, double until) {
    struct pollfd fds[2 + SOCKETS] = {{.fd = fd, .events = POLLIN}, {.fd = plane_connections_fd(p), .events = POLLIN}};
    for (int i = 0; i < p->socket_count; i++) fds[2 + i] = (struct pollfd){.fd = p->sockets[i], .events = POLLIN};
    bool called = false, any = false;
    while (plane_is_quiet(p) && !called) {
        double now = clock_now(), end = p->due < until ? p->due : until;
        if (now >= end) return;
        if (!any) called = !wait_for(fds, 2 + (nfds_t)p->socket_count, end) || fds[0].revents;
        else called = wait_for(fds, 1, now + GATHER < end ? now + GATHER : end);
        uint64_t before = p->received;
        read_all(p);
        any = p->received > before;
    }
}

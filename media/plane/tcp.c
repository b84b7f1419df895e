/* TCP connections, for networks that let no UDP through (ICE-TCP, RFC 6544, passive): accepting, RFC 4571 frames in, ending.
 * A connection is a socket of the plane: its id stands in the path of what comes by it, and a frame's content goes the
 * way that a datagram goes. All connections are in one epoll set, whose descriptor is all that Python watches. */
#include "internal.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CONNECTIONS = 2048, CONNECTIONS_OF_ADDRESS = 512, ADDRESS_BUCKETS = 4096 };
enum { READ_BYTES = 4096, UNSENT_BYTES = 4096, EVENTS = 16, ACCEPTS = 16 };
static const double STRANGER_SECONDS = 10; /* without an answered check */
static const double IDLE_SECONDS = 30;     /* since the last answered one (RFC 7675 §5.1) */
static const double TICK = 0.05, REST = 1; /* with something to do, and without */
static const double QUEUE_SECONDS = 0.1, MEASURE_SECONDS = 0.1, LEAST_ON_THE_WAY = 8e3 /* bytes */;

struct tcp {
    int epoll;
    int listeners[SOCKETS], listener_count;
    bool paused; /* there were no descriptors left: nothing is accepted until the next tick */
    connection *connections, *ended;
    int count;
    uint16_t of_address[ADDRESS_BUCKETS]; /* connections by the hash of whom they are from */
    double ticked_at;
    uint8_t stream[DATAGRAM_BYTES + 2 + READ_BYTES];
    _Alignas(8) uint8_t datagram[DATAGRAM_BYTES];
};

connection *connection_of(plane *p, const struct plane_path *path) {
    return path->socket < SOCKETS ? NULL : id_get(&p->connection_ids, (int32_t)path->socket);
}

/* listening */

static int watch(plane *p, int operation, int fd, uint64_t what, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = what};
    return epoll_ctl(p->tcp->epoll, operation, fd, &event);
}

static bool tcp_open(plane *p) {
    if (p->tcp) return true;
    tcp *t = calloc(1, sizeof *t);
    if (!t) return errno = ENOMEM, false;
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (t->epoll < 0) {
        free(t);
        return false;
    }
    p->tcp = t;
    return true;
}

int plane_add_listener(plane *p, int fd) {
    if (!tcp_open(p)) return -errno;
    tcp *t = p->tcp;
    if (t->listener_count == SOCKETS) return -EMFILE;
    if (watch(p, EPOLL_CTL_ADD, fd, (uint64_t)t->listener_count, EPOLLIN) != 0) return -errno;
    t->listeners[t->listener_count++] = fd;
    return PLANE_OK;
}

int plane_connections_fd(plane *p) { return p->tcp ? p->tcp->epoll : -1; }

static void pause_listeners(plane *p, bool paused) {
    tcp *t = p->tcp;
    t->paused = paused;
    for (int i = 0; i < t->listener_count; i++) watch(p, EPOLL_CTL_MOD, t->listeners[i], (uint64_t)i, paused ? 0 : EPOLLIN);
}

/* Connections of one IPv4 address, or of one IPv6 network of 64 bits, are counted together. */
static uint16_t *count_of(tcp *t, const struct plane_path *path) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < (path->family == 4 ? 4 : 8); i++) hash = (hash ^ path->remote[i]) * 16777619u;
    return t->of_address + hash % ADDRESS_BUCKETS;
}

static void admit(plane *p, int fd, const struct sockaddr_storage *remote) {
    tcp *t = p->tcp;
    connection *c = NULL;
    struct plane_path path = {0};
    struct sockaddr_storage local = {0};
    socklen_t size = sizeof local;
    path_set_remote(&path, remote);
    uint16_t *count = count_of(t, &path);
    if (t->count < CONNECTIONS && *count < CONNECTIONS_OF_ADDRESS && getsockname(fd, (struct sockaddr *)&local, &size) == 0)
        c = calloc(1, sizeof *c);
    int32_t id = c ? id_add(&p->connection_ids, c) : PLANE_NO_MEMORY;
    if (id < 0 || watch(p, EPOLL_CTL_ADD, fd, (uint64_t)id, EPOLLIN) != 0) {
        if (id >= 0) id_remove(&p->connection_ids, id);
        free(c);
        close(fd);
        plane_drop(p, DROP_TCP_REFUSED);
        return;
    }
    const int on = 1, unsent = UNSENT_BYTES;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    path_set_local(&path, &local);
    path.socket = (uint32_t)id;
    *c = (connection){.id = id, .plane = p, .fd = fd, .path = path, .opened_at = p->now, .resume_at = -1e9};
    c->next = t->connections;
    if (c->next) c->next->before = &c->next;
    c->before = &t->connections;
    t->connections = c;
    t->count++;
    *count += 1;
    p->accepted++;
    plane_wake(p, p->now + REST);
}

static void accept_from(plane *p, int listener) {
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage remote = {0};
        socklen_t size = sizeof remote;
        int fd = accept4(listener, (struct sockaddr *)&remote, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(p, fd, &remote);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            plane_drop(p, DROP_TCP_REFUSED);
            pause_listeners(p, true);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else one that broke before it was accepted */
    }
}

/* ending */

/* It is freed at the beginning of the next turn: who called this may still hold it. */
void connection_end(connection *c) {
    if (c->ended) return;
    plane *p = c->plane;
    c->ended = true;
    close(c->fd);
    id_remove(&p->connection_ids, c->id);
    peer *q = peer_of_path(p, &c->path);
    if (q) peer_lose_path(q);
    outbox_clear(c);
    *c->before = c->next;
    if (c->next) c->next->before = c->before;
    p->tcp->count--;
    *count_of(p->tcp, &c->path) -= 1;
    c->next = p->tcp->ended;
    p->tcp->ended = c;
}

static void sweep(plane *p) {
    tcp *t = p->tcp;
    for (connection **at = &p->dirty; t->ended && *at;) {
        if ((*at)->ended) *at = (*at)->next_dirty;
        else at = &(*at)->next_dirty;
    }
    while (t->ended) {
        connection *next = t->ended->next;
        free(t->ended);
        t->ended = next;
    }
}

void tcp_tick(plane *p, double now) {
    tcp *t = p->tcp;
    if (!t) return;
    if (t->paused || p->dirty) plane_wake(p, now + TICK);
    else if (t->connections || t->ended) plane_wake(p, now + REST);
    if (now - t->ticked_at < TICK) return;
    t->ticked_at = now;
    sweep(p);
    if (t->paused) pause_listeners(p, false);
    for (connection *c = t->connections, *next; c; c = next) {
        next = c->next;
        outbox_expire(c, now);
        bool answered = c->answered_at > 0;
        if (now - (answered ? c->answered_at : c->opened_at) < (answered ? IDLE_SECONDS : STRANGER_SECONDS)) continue;
        plane_drop(p, DROP_TCP_SILENT);
        connection_end(c);
    }
}

void tcp_free(plane *p) {
    tcp *t = p->tcp;
    if (!t) return;
    while (t->connections) connection_end(t->connections);
    sweep(p);
    close(t->epoll);
    free(t);
}

/* in */

/* A frame whose content is nothing that could be meant for us: the lengths do not say where frames begin, or never did. */
static bool is_expected(const connection *c, const uint8_t *data, int length) {
    enum datagram_kind kind = datagram_kind(data, length);
    if (c->greeted) return kind != UNKNOWN_DATAGRAM;
    return kind == STUN_DATAGRAM && get32(data + 4) == 0x2112A442; /* RFC 8489 §5: the magic cookie */
}

static void malformed(connection *c) {
    plane_drop(c->plane, DROP_TCP_MALFORMED);
    connection_end(c);
}

static void read_from(connection *c) {
    plane *p = c->plane;
    tcp *t = p->tcp;
    ssize_t got = recv(c->fd, t->stream + c->in_length, READ_BYTES, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) connection_end(c);
        return;
    }
    memcpy(t->stream, c->in, c->in_length);
    const uint8_t *at = t->stream, *end = at + c->in_length + got;
    while (end - at >= 2) {
        int length = get16(at);
        if (length == 0 || length > DATAGRAM_BYTES) {
            malformed(c);
            return;
        }
        if (end - at - 2 < length) break;
        memcpy(t->datagram, at + 2, (size_t)length);
        at += 2 + length;
        if (!is_expected(c, t->datagram, length)) {
            malformed(c);
            return;
        }
        c->greeted = true;
        receive_datagram(p, &c->path, t->datagram, length, p->now, p->now);
        if (c->ended) return;
    }
    c->in_length = (uint16_t)(end - at);
    memcpy(c->in, at, c->in_length);
}

void plane_read_connections(plane *p, double now) {
    tcp *t = p->tcp;
    if (!t) return;
    double begun = clock_now(), time = begun;
    p->ahead = now - begun;
    sweep(p);
    while (time - begun < TURN) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(t->epoll, events, EVENTS, 0);
        if (count <= 0) break;
        p->now = time + p->ahead;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 < SOCKETS) {
                accept_from(p, t->listeners[events[i].data.u64]);
                continue;
            }
            connection *c = id_get(&p->connection_ids, (int32_t)events[i].data.u64);
            if (c && events[i].events & EPOLLOUT) outbox_write(c);
            if (c && !c->ended && events[i].events & ~(uint32_t)EPOLLOUT) read_from(c);
        }
        plane_forward_arrived(p, p->now);
        time = clock_now();
    }
    serve_ready(p, p->now, begun + TURN);
}

int tcp_count(const plane *p) { return p->tcp ? p->tcp->count : 0; }

/* What the way carries off, by what was acknowledged in the last tenth of a second and, should that have been little to
 * send, a little less each time. Shorter spans, as the kernel's own rate is of, see acknowledgements in clumps. */
static void measure_way(connection *c, double passed) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    double rate = (double)(info.tcpi_bytes_acked - c->acknowledged) / passed;
    c->rate = rate > c->rate * 0.9 ? rate : c->rate * 0.9;
    c->acknowledged = info.tcpi_bytes_acked;
    double round_trip = info.tcpi_min_rtt < 1000000 ? info.tcpi_min_rtt * 1e-6 : 0;
    c->most_on_the_way = c->rate * (round_trip + QUEUE_SECONDS);
    if (c->most_on_the_way < LEAST_ON_THE_WAY) c->most_on_the_way = LEAST_ON_THE_WAY;
}

/* Whether as much is on the way as it carries off in a round trip and QUEUE_SECONDS. */
bool connection_is_full(connection *c) {
    double now = c->plane->now;
    if (now - c->measured_at >= MEASURE_SECONDS) {
        measure_way(c, now - c->measured_at);
        c->measured_at = now;
    }
    int on_the_way = 0;
    return ioctl(c->fd, SIOCOUTQ, &on_the_way) == 0 && on_the_way >= c->most_on_the_way;
}

void connection_await_room(connection *c, bool wait) {
    if (c->waits_for_room == wait) return;
    c->waits_for_room = wait;
    watch(c->plane, EPOLL_CTL_MOD, c->fd, (uint64_t)c->id, wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

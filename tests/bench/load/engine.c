/* The loop, and what Python asks for. One lock: the loop holds it for one turn, which takes well under a millisecond. */
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "internal.h"

enum { DRAIN_EVERY_NS = 1000000 };

engine *load_new(uintptr_t protect, uintptr_t unprotect, uintptr_t protect_rtcp, uintptr_t unprotect_rtcp) {
    engine *e = calloc(1, sizeof *e);
    if (e == NULL) return NULL;
    e->protect = (srtp_call)protect;
    e->unprotect = (srtp_call)unprotect;
    e->protect_rtcp = (srtp_call)protect_rtcp;
    e->unprotect_rtcp = (srtp_call)unprotect_rtcp;
    e->publisher = -1;
    e->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&e->lock, NULL);
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof e->pool; i++) e->pool[i] = (seed = seed * 1664525 + 1013904223) >> 24;
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        e->sent[kind] = calloc(RING, sizeof(struct sent));
        e->kept[kind] = calloc(KEPT, sizeof(struct kept));
        for (int group = 0; group < GROUPS; group++) e->bins[group][kind] = calloc(FINE + COARSE, sizeof(uint32_t));
    }
    return e;
}

void load_free(engine *e) {
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        free(e->sent[kind]);
        free(e->kept[kind]);
        for (int group = 0; group < GROUPS; group++) free(e->bins[group][kind]);
        for (int i = 0; i < e->client_count; i++) free(e->clients[i].in[kind].seen);
    }
    free(e->steps);
    free(e->next_steps);
    close(e->event_fd);
    free(e);
}

int load_event_fd(engine *e) { return e->event_fd; }

void load_trace(engine *e, const struct load_step *steps, int count, uint32_t period_us) {
    pthread_mutex_lock(&e->lock);
    free(e->next_steps);
    e->next_steps = malloc(count * sizeof *steps);
    memcpy(e->next_steps, steps, count * sizeof *steps);
    e->next_count = count;
    e->next_period_us = period_us;
    pthread_mutex_unlock(&e->lock);
}

static int add(engine *e, int fd, uintptr_t receive, uintptr_t send) {
    if (e->client_count == CLIENTS) return -1;
    struct client *c = &e->clients[e->client_count];
    memset(c, 0, sizeof *c);
    c->used = true;
    c->fd = fd;
    c->receive = (void *)receive;
    c->send = (void *)send;
    for (int kind = 0; kind < LOAD_KINDS; kind++) c->in[kind].seen = calloc(WINDOW / 8, 1);
    return e->client_count++;
}

int load_publish(engine *e, int fd, uintptr_t receive, uintptr_t send, const struct load_sending *sending) {
    pthread_mutex_lock(&e->lock);
    int client = add(e, fd, receive, send);
    if (client >= 0) {
        e->clients[client].publisher = true;
        e->sending = *sending;
        e->publisher = client;
        e->restart = true;
    }
    pthread_mutex_unlock(&e->lock);
    return client;
}

int load_subscribe(engine *e, int fd, uintptr_t receive, uintptr_t send, uint8_t video, uint8_t audio, uint32_t ssrc,
                   int group) {
    pthread_mutex_lock(&e->lock);
    int client = add(e, fd, receive, send);
    if (client >= 0) {
        struct client *c = &e->clients[client];
        c->payload_type[LOAD_VIDEO] = video;
        c->payload_type[LOAD_AUDIO] = audio;
        c->ssrc = ssrc;
        c->group = group;
        c->report_ns = now_ns() + client % 100 * 10000000LL;
    }
    pthread_mutex_unlock(&e->lock);
    return client;
}

void load_forget(engine *e, int client) {
    pthread_mutex_lock(&e->lock);
    e->clients[client].used = false;
    if (e->publisher == client) e->publisher = -1;
    pthread_mutex_unlock(&e->lock);
}

void load_group(engine *e, int client, int group) {
    pthread_mutex_lock(&e->lock);
    e->clients[client].group = group;
    pthread_mutex_unlock(&e->lock);
}

void load_keyframe(engine *e) {
    pthread_mutex_lock(&e->lock);
    e->restart = true;
    pthread_mutex_unlock(&e->lock);
}

void load_run(engine *e) {
    int64_t drained = 0;
    prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
    while (!__atomic_load_n(&e->stopping, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&e->lock);
        int64_t now = now_ns();
        int64_t next = publish_due(e, now);
        if (now - drained >= DRAIN_EVERY_NS) {
            drained = now;
            for (int i = 0; i < e->client_count; i++) {
                struct client *c = &e->clients[i];
                if (!c->used) continue;
                drain(e, i);
                if (!c->publisher && c->send && c->report_ns <= now) report(e, i, now);
                next = publish_due(e, now_ns());
            }
        }
        pthread_mutex_unlock(&e->lock);
        if (next > drained + DRAIN_EVERY_NS) next = drained + DRAIN_EVERY_NS;
        int64_t wait = next - now_ns();
        if (wait > 0) nanosleep(&(struct timespec){.tv_nsec = wait}, NULL);
    }
}

void load_stop(engine *e) { __atomic_store_n(&e->stopping, true, __ATOMIC_RELEASE); }

void hand_over(engine *e, int client, const uint8_t *data, int length) {
    if (e->tail - e->head == WAITING || length > LONGEST) return;
    struct load_control *control = &e->waiting[e->tail++ % WAITING];
    control->client = client;
    control->length = length;
    memcpy(control->data, data, length);
    eventfd_write(e->event_fd, 1);
}

int load_next_control(engine *e, struct load_control *into) {
    pthread_mutex_lock(&e->lock);
    bool any = e->head != e->tail;
    eventfd_t count;
    if (any)
        *into = e->waiting[e->head++ % WAITING];
    else
        eventfd_read(e->event_fd, &count);
    pthread_mutex_unlock(&e->lock);
    return any;
}

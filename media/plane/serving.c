/* Who has something to be sent, and in which turn: the next subscriber goes on where the last turn ended, so that a burst
 * of pictures delays sound by no more than a turn. Late joiners get the picture group that is under way from the cache,
 * paced, until they have caught up with what comes. */
#include "internal.h"

enum { MOST_BYTES = 3 << 20, FIRST_BYTES = 32 << 10, PACKETS_A_SERVING = 64, LATE_PACKETS_A_SERVING = 16 };
static const double MOST_SECONDS = 1.0; /* how old a keyframe may be to start a picture */
static const double FASTER = 1.5;       /* than the stream itself */
static const double LEAST_RATE = 125e3; /* bytes a second: what is small need not wait */
static const double MADE_UP = 0.04;     /* seconds of silence that are made up for at most */

/* The keyframe that a picture may start from now, or NULL. */
const packet *late_start(const stream *from, double now) {
    const packet *key = from->has_key ? cache_get(&from->cache, from->key_seq) : NULL;
    return key && now - key->arrival < MOST_SECONDS && from->group_bytes <= MOST_BYTES ? key : NULL;
}

static void push(serving_queue *queue, slot *s) {
    s->queue = queue;
    s->next_queued = NULL;
    *(queue->first ? &queue->last->next_queued : &queue->first) = s;
    queue->last = s;
    queue->count++;
}

void serving_leave(slot *s) {
    serving_queue *queue = s->queue;
    if (!queue) return;
    slot **at = &queue->first, *before = NULL;
    while (*at != s) before = *at, at = &(*at)->next_queued;
    *at = s->next_queued;
    if (queue->last == s) queue->last = before;
    queue->count--;
    s->queue = NULL;
}

/* From its cursor on. Nothing if it is queued already. */
void serving_join(slot *s) {
    if (!s->queue) push(&s->plane->ready, s);
}

void serving_join_late(slot *s, double now) {
    s->allowance = FIRST_BYTES;
    s->paced_at = now;
    push(&s->plane->late, s);
    plane_wake(s->plane, now);
}

/* What a late joiner may be sent now, in bytes. */
static void allow(slot *s, double now) {
    double rate = stream_rate(s->stream, now) * FASTER;
    if (rate < LEAST_RATE) rate = LEAST_RATE;
    double most = rate * MADE_UP > FIRST_BYTES ? rate * MADE_UP : FIRST_BYTES;
    s->allowance += (now - s->paced_at) * rate;
    if (s->allowance > most) s->allowance = most;
    s->paced_at = now;
}

/* Sends the next packets. Whether there are more. */
static bool serve(slot *s, bool late, double now) {
    stream *from = s->stream;
    if (!slot_is_reachable(s)) {
        slot_stop(s);
        return false;
    }
    if (s->epoch != from->epoch || s->cursor < from->cache.lowest) { /* what it needs has gone */
        slot_stop(s);
        stream_want_keyframe(from, now);
        return false;
    }
    int most = late ? LATE_PACKETS_A_SERVING : PACKETS_A_SERVING;
    for (int sent = 0; s->started && s->cursor <= from->highest && sent < most && (!late || s->allowance > 0); s->cursor++) {
        const packet *item = cache_get(&from->cache, s->cursor);
        const struct plane_mapping *mapping = item ? slot_mapping(s, item->header.payload_type) : NULL;
        if (!mapping) continue; /* it is sent when the publisher has repeated it */
        slot_send(s, item, mapping, now, late ? 0 : item->arrival);
        s->allowance -= item->length;
        sent++;
    }
    return s->started && s->cursor <= from->highest;
}

void serve_now(slot *s, double now) {
    while (serve(s, false, now)) continue;
}

/* Whoever stands first, until nobody has more or it is `end`, by clock_now. */
void serve_ready(plane *p, double now, double end) {
    for (slot *s = p->ready.first; s; s = clock_now() < end ? p->ready.first : NULL) {
        serving_leave(s);
        if (serve(s, false, now)) push(&p->ready, s);
    }
    tx_flush(p);
}

/* Everyone who is late, once, until it is `end`; then the others are still to be served. */
void serve_late(plane *p, double now, double end) {
    if (!p->late_left) p->late_left = p->late.count;
    while (p->late.first && p->late_left) {
        slot *s = p->late.first;
        serving_leave(s);
        p->late_left--;
        allow(s, now);
        if (serve(s, true, now)) push(&p->late, s);
        tx_flush(p);
        if (clock_now() >= end) break;
    }
    if (!p->late.first) p->late_left = 0;
}

/* Late joiners: the picture group that is under way goes from the cache, paced, until it has caught up with what comes. */
#include "internal.h"

enum { MOST_BYTES = 3 << 20, FIRST_BYTES = 32 << 10, PACKETS_A_SERVING = 16 };
static const double MOST_SECONDS = 1.0; /* how old a keyframe may be to start a picture */
static const double FASTER = 1.5;       /* than the stream itself */
static const double LEAST_RATE = 125e3; /* bytes a second: what is small need not wait */
static const double LATE = 0.04;        /* seconds of silence that are made up for at most */
static const double TURN = 0.001;       /* seconds of work in one go, for all who wait */

/* The keyframe that a picture may start from now, or NULL. */
const packet *replay_start(const stream *from, double now) {
    const packet *key = from->has_key ? cache_get(&from->cache, from->key_seq) : NULL;
    return key && now - key->arrival < MOST_SECONDS && from->group_bytes <= MOST_BYTES ? key : NULL;
}

static void queue(slot *s) {
    plane *p = s->plane;
    s->behind = true;
    s->next_behind = NULL;
    if (p->behind) p->behind_last->next_behind = s;
    else p->behind = s;
    p->behind_last = s;
}

void replay_join(slot *s, double now) {
    s->cursor = s->first_in;
    s->allowance = FIRST_BYTES;
    s->paced_at = now;
    queue(s);
    plane_wake(s->plane, now);
}

void replay_leave(slot *s) {
    if (!s->behind) return;
    plane *p = s->plane;
    slot **at = &p->behind, *before = NULL;
    while (*at != s) before = *at, at = &(*at)->next_behind;
    *at = s->next_behind;
    if (p->behind_last == s) p->behind_last = before;
    s->behind = false;
}

/* Sends what its rate allows. False: it has caught up, or a keyframe is awaited: what it needs has left the cache, or there
 * is no room where it goes. */
static bool serve(slot *s, double now) {
    stream *from = s->stream;
    double rate = stream_rate(from, now) * FASTER;
    if (rate < LEAST_RATE) rate = LEAST_RATE;
    double most = rate * LATE > FIRST_BYTES ? rate * LATE : FIRST_BYTES;
    s->allowance += (now - s->paced_at) * rate;
    if (s->allowance > most) s->allowance = most;
    s->paced_at = now;
    if (!s->started) return false;
    if (s->epoch != from->epoch || s->cursor < from->cache.lowest) {
        s->started = false;
        stream_want_keyframe(from, now);
        return false;
    }
    for (int sent = 0; s->started && s->allowance > 0 && s->cursor <= from->highest && sent < PACKETS_A_SERVING; s->cursor++) {
        const packet *item = cache_get(&from->cache, s->cursor);
        const struct plane_mapping *mapping = item ? slot_mapping(s, item->header.payload_type) : NULL;
        if (!mapping) continue; /* it is forwarded when the publisher has repeated it */
        slot_send(s, item, mapping, now, 0);
        s->allowance -= item->length;
        sent++;
    }
    return s->started && s->cursor <= from->highest;
}

/* Everyone who is behind is served in turn, for as long as a turn lasts. */
void replay_turn(plane *p, double now) {
    double begun = clock_now();
    for (slot *s = p->behind, *last = p->behind_last; s && clock_now() - begun < TURN; s = p->behind) {
        bool done = s == last;
        replay_leave(s);
        if (serve(s, now)) queue(s);
        tx_flush(p);
        if (done) break;
    }
}

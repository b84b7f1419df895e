/* The recorder's copy: a ring of frames as media/api.py (TAP_HEADER) describes them. When it is full, frames are dropped
 * and counted, and the count is the first thing the ring takes again. The forwarder never waits for it. */
#include "internal.h"

enum { HEADER = 20, GAP = 3 };

static void put(tap_ring *ring, const uint8_t *data, uint32_t length) {
    uint32_t at = (ring->start + ring->used) % TAP_BYTES, before_end = TAP_BYTES - at;
    uint32_t first = length < before_end ? length : before_end;
    memcpy(ring->ring + at, data, first);
    memcpy(ring->ring, data + first, length - first);
    ring->used += length;
}

static void put_frame(tap_ring *ring, int type, uint32_t tag, double arrival, const uint8_t *data, uint32_t length) {
    uint64_t at = (uint64_t)(arrival * 1e6);
    uint8_t header[HEADER] = {[4] = (uint8_t)type};
    memcpy(header, &length, 4);
    memcpy(header + 8, &tag, 4);
    memcpy(header + 12, &at, 8);
    put(ring, header, HEADER);
    put(ring, data, length);
}

void tap_write(stream *s, int type, double arrival, const uint8_t *data, uint32_t length) {
    tap_ring *ring = &s->plane->tap;
    uint32_t needed = HEADER + length + (s->tap_dropped ? HEADER + 4 : 0);
    if (!ring->ring || TAP_BYTES - ring->used < needed) {
        if (type == TAP_RTP) s->tap_dropped++;
        plane_drop(s->plane, DROP_TAP_FULL);
        return;
    }
    if (s->tap_dropped) {
        uint8_t count[4];
        memcpy(count, &s->tap_dropped, 4);
        put_frame(ring, GAP, s->tag, arrival, count, 4);
        s->tap_dropped = 0;
    }
    put_frame(ring, type, s->tag, arrival, data, length);
}

static void peek(const tap_ring *ring, uint32_t offset, uint8_t *out, uint32_t length) {
    uint32_t at = (ring->start + offset) % TAP_BYTES, before_end = TAP_BYTES - at;
    uint32_t first = length < before_end ? length : before_end;
    memcpy(out, ring->ring + at, first);
    memcpy(out + first, ring->ring, length - first);
}

/* As many whole frames as fit; returns their bytes. */
int plane_read_tap(plane *p, uint8_t *out, int most) {
    tap_ring *ring = &p->tap;
    uint32_t taken = 0;
    while (taken < ring->used) {
        uint8_t header[4];
        uint32_t length;
        peek(ring, taken, header, 4);
        memcpy(&length, header, 4);
        if (taken + HEADER + length > (uint32_t)most) break;
        taken += HEADER + length;
    }
    if (taken) peek(ring, 0, out, taken);
    ring->start = (ring->start + taken) % TAP_BYTES;
    ring->used -= taken;
    return (int)taken;
}

int plane_tap(plane *p, int32_t id, int on, uint32_t tag) {
    stream *s = id_get(&p->stream_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    if (on && !p->tap.ring && !(p->tap.ring = malloc(TAP_BYTES))) return PLANE_NO_MEMORY;
    if (!on || s->tag != tag) s->tap_dropped = 0;
    s->tapped = on;
    s->tag = tag;
    return PLANE_OK;
}

/* What publishers are told: receiver reports each second (RFC 3550 §6.4.2), and when every packet arrived, so that they can
 * find their rate (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). */
#include "internal.h"

enum { MAX_RECEIVED = 300, REPORT_BLOCKS = 31 };
static const double TWCC_PERIOD = 0.05, REPORT_PERIOD = 1.0;
static const double TICKS = 4000; /* of 250 µs in a second; a unit of the reference time, 64 ms, is 256 of them */

static double *slot_at(twcc_state *t, int64_t seq) { return t->arrivals + (seq & (TWCC_WINDOW - 1)); }

void twcc_record(peer *q, uint16_t seq16, double arrival, double now) {
    if (!q->twcc && !(q->twcc = calloc(1, sizeof *q->twcc))) return;
    twcc_state *t = q->twcc;
    int64_t seq = t->started ? extend(seq16, t->highest) : 65536 + seq16;
    if (!t->started || seq > t->highest + TWCC_WINDOW) {
        twcc_send(q, now);
        t->started = true;
        t->next = seq;
        t->highest = seq - 1;
    }
    if (seq < t->next) return; /* reported as lost already */
    if (seq - t->next >= TWCC_WINDOW) twcc_send(q, now);
    for (int64_t gap = t->highest + 1; gap <= seq; gap++) *slot_at(t, gap) = 0;
    if (seq > t->highest) t->highest = seq;
    *slot_at(t, seq) = arrival;
    if (!t->waiting) plane_wake(q->plane, t->due = now + TWCC_PERIOD);
    t->waiting = true;
    if (now >= t->due) twcc_send(q, now);
}

/* Packet status chunks: runs of seven or more, else vectors of seven two-bit symbols. */
static int write_chunks(uint8_t *out, const uint8_t *symbols, int count) {
    int at = 0;
    for (int i = 0; i < count;) {
        int run = 1;
        while (i + run < count && symbols[i + run] == symbols[i]) run++;
        if (run >= 7 || i + run == count) {
            put16(out + at, (uint16_t)(symbols[i] << 13 | run));
            i += run;
        } else {
            uint16_t chunk = 0xC000;
            for (int k = 0; k < 7 && i < count; k++, i++) chunk |= (uint16_t)(symbols[i] << (12 - 2 * k));
            put16(out + at, chunk);
        }
        at += 2;
    }
    return at;
}

/* Reports as much as one packet takes, and moves on behind it. */
static void send_one(peer *q, twcc_state *t) {
    uint8_t symbols[TWCC_WINDOW], out[20 + TWCC_WINDOW / 3 + 2 * MAX_RECEIVED + 256];
    int16_t deltas[MAX_RECEIVED];
    int64_t first = t->next, tick = 0, reference = 0;
    int count = 0, received = 0;
    for (; first + count <= t->highest && count < TWCC_WINDOW && received < MAX_RECEIVED; count++) {
        double arrival = *slot_at(t, first + count);
        symbols[count] = 0;
        if (arrival <= 0) continue;
        int64_t at = (int64_t)(arrival * TICKS);
        if (received == 0) {
            reference = at / 256;
            tick = reference * 256;
        }
        int64_t delta = at - tick;
        if (delta < INT16_MIN || delta > INT16_MAX) break; /* too far apart for one packet */
        symbols[count] = delta >= 0 && delta <= 255 ? 1 : 2;
        deltas[received++] = (int16_t)delta;
        tick = at;
    }
    t->next = first + count;
    if (received == 0) return;
    put32(out + 4, OWN_SSRC);
    put32(out + 8, q->last_media_ssrc);
    put16(out + 12, (uint16_t)first);
    put16(out + 14, (uint16_t)count);
    put24(out + 16, (uint32_t)reference & 0xFFFFFF);
    out[19] = t->count++;
    int at = 20 + write_chunks(out + 20, symbols, count);
    for (int i = 0, k = 0; i < count; i++) {
        if (symbols[i] == 0) continue;
        int16_t delta = deltas[k++];
        if (symbols[i] == 1) {
            out[at++] = (uint8_t)delta;
        } else {
            put16(out + at, (uint16_t)delta);
            at += 2;
        }
    }
    while (at & 3) out[at++] = 0;
    rtcp_header(out, 15, 205, at);
    rtcp_send(q, out, at);
}

void twcc_send(peer *q, double now) {
    twcc_state *t = q->twcc;
    if (!t || !t->waiting) return;
    while (t->next <= t->highest) send_one(q, t);
    t->waiting = false;
    t->due = now + TWCC_PERIOD;
}

static void report_block(stream *s, uint8_t *out, double now) {
    int64_t expected = s->highest - s->first + 1, lost = expected - (int64_t)s->received;
    int64_t expected_now = expected - s->reported_expected;
    int64_t lost_now = expected_now - (int64_t)(s->received - s->reported_received);
    s->reported_expected = expected;
    s->reported_received = s->received;
    int64_t fraction = expected_now > 0 && lost_now > 0 ? lost_now * 256 / expected_now : 0;
    lost = lost > 0x7FFFFF ? 0x7FFFFF : lost < -0x800000 ? -0x800000 : lost;
    put32(out, s->ssrc);
    out[4] = (uint8_t)(fraction > 255 ? 255 : fraction);
    put24(out + 5, (uint32_t)lost & 0xFFFFFF);
    put32(out + 8, (uint32_t)(s->highest - 65536));
    put32(out + 12, (uint32_t)s->jitter);
    put32(out + 16, s->report.known ? (uint32_t)(s->report.ntp >> 16) : 0);
    put32(out + 20, s->report.known ? (uint32_t)(uint64_t)((now - s->report.arrival) * 65536) : 0);
}

void reports_send(peer *q, double now) {
    if (now - q->report_at < REPORT_PERIOD) return;
    uint8_t out[8 + 24 * REPORT_BLOCKS + 20 + 256];
    int count = 0;
    for (stream *s = q->streams; s && count < REPORT_BLOCKS; s = s->next)
        if (s->heard) report_block(s, out + 8 + 24 * count++, now);
    if (count == 0) return;
    q->report_at = now;
    put32(out + 4, OWN_SSRC);
    int length = rtcp_header(out, count, 201, 8 + 24 * count);
    length += rtcp_source_description(out + length, OWN_SSRC);
    rtcp_send(q, out, length);
}

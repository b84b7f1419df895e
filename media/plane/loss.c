/* What a stream lacks, and asking its sender for it (RFC 4585 §6.2.1). The numbers stay missing in what is forwarded, so
 * that receivers know of the loss too; they get the packet as soon as it comes. */
#include "internal.h"

enum { MAX_TRIES = 10, NACK_ITEMS = 100 };
static const double LEAST_RETRY = 0.02, MOST_RETRY = 0.5; /* seconds between two requests for one packet */
static const double PATIENCE = 2.0; /* a packet later than this, in seconds, is of no use to anyone */

static void give_up(stream *s, int index) {
    s->lost++;
    s->plane->lost++;
    s->missing_count--;
    memmove(s->missing + index, s->missing + index + 1, (size_t)(s->missing_count - index) * sizeof *s->missing);
}

/* Numbers from `from` up to, not with, `to` have been passed over. */
void loss_gap(stream *s, int64_t from, int64_t to, double now) {
    for (int64_t seq = from; seq < to; seq++) {
        if (s->missing_count == MISSING) { /* too much to mend: start again from a keyframe */
            s->lost += MISSING;
            s->plane->lost += MISSING;
            s->missing_count = 0;
            stream_want_keyframe(s, now);
        }
        s->missing[s->missing_count++] = (missing_packet){.seq = seq, .found = now};
    }
}

void loss_found(stream *s, int64_t seq, double now) {
    int low = 0, high = s->missing_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (s->missing[middle].seq < seq) low = middle + 1;
        else high = middle;
    }
    if (low == s->missing_count || s->missing[low].seq != seq) {
        if (s->lost) s->lost--; /* given up, and here it is */
        return;
    }
    missing_packet *found = s->missing + low;
    if (found->tries == 1 && now > found->sent) s->nack_rtt += (now - found->sent - s->nack_rtt) / 8;
    s->missing_count--;
    memmove(found, found + 1, (size_t)(s->missing_count - low) * sizeof *found);
}

static void send_nack(stream *s, const uint16_t *seqs, int count) {
    uint8_t out[12 + 4 * NACK_ITEMS + 256];
    int at = 12;
    for (int i = 0; i < count;) {
        uint16_t first = seqs[i++], mask = 0;
        for (; i < count && (uint16_t)(seqs[i] - first) <= 16; i++) mask |= (uint16_t)(1u << ((seqs[i] - first - 1) & 15));
        put16(out + at, first);
        put16(out + at + 2, mask);
        at += 4;
    }
    rtcp_header(out, 1, 205, at);
    put32(out + 4, OWN_SSRC);
    put32(out + 8, s->ssrc);
    rtcp_send(s->peer, out, at);
    s->nacks_sent++;
}

/* Sends what is due, and gives up what has been asked for often enough. */
void loss_send(stream *s, double now) {
    uint16_t due[NACK_ITEMS];
    int count = 0;
    double retry = s->nack_rtt * 1.25;
    retry = retry < LEAST_RETRY ? LEAST_RETRY : retry > MOST_RETRY ? MOST_RETRY : retry;
    for (int i = 0; i < s->missing_count;) {
        missing_packet *m = s->missing + i;
        if (now - m->found > PATIENCE || (m->tries >= MAX_TRIES && now - m->sent >= retry)) {
            give_up(s, i);
            continue;
        }
        if (m->tries < MAX_TRIES && (m->tries == 0 || now - m->sent >= retry)) {
            m->tries++;
            m->sent = now;
            due[count++] = (uint16_t)m->seq;
            if (count == NACK_ITEMS) send_nack(s, due, count), count = 0;
        }
        i++;
    }
    if (count) send_nack(s, due, count);
    if (s->missing_count) plane_wake(s->plane, now + LEAST_RETRY);
}

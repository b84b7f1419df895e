/* The subscribers: read in batches, with the kernel's time of arrival; one packet in a hundred is decrypted and compared
   with what was sent, which also says how the server's sequence numbers map to the publisher's packets. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/uio.h>

#include "internal.h"

enum { INDEX_AT = 8, SHORTEST = 12 };

static uint8_t buffers[BATCH][2048];

static void arrived(engine *e, struct client *c, int kind, uint64_t index, int64_t at) {
    const struct sent *s = &e->sent[kind][index % RING];
    if (index < e->from[kind] || index >= e->to[kind] || index - e->from[kind] >= WINDOW) return;
    uint64_t bit = index - e->from[kind];
    struct inbound *in = &c->in[kind];
    if (in->seen[bit / 8] & 1 << bit % 8) {
        e->doubled[c->group][kind]++;
        return;
    }
    in->seen[bit / 8] |= 1 << bit % 8;
    e->delivered[c->group][kind]++;
    int64_t delay = at > s->at_ns ? at - s->at_ns : 0;
    int64_t bin = delay < 500000000 ? delay / 10000 : FINE + delay / 1000000;
    e->bins[c->group][kind][bin < FINE + COARSE ? bin : FINE + COARSE - 1]++;
}

static void watch_keyframe(engine *e, struct client *c, struct inbound *in, uint64_t index, int64_t at) {
    const struct sent *s = &e->sent[LOAD_VIDEO][index % RING];
    if (!(s->flags & LOAD_KEY)) return;
    if (in->key_count == 0 || in->key_first != s->frame) {
        in->key_first = s->frame;
        in->key_count = 0;
        in->key_last = -1;
    }
    in->key_count++;
    if (s->flags & LOAD_LAST) in->key_last = index;
    if (in->key_last >= 0 && in->key_count == in->key_last - in->key_first + 1) c->first_frame_ns = at;
}

/* The payload of a decrypted packet, or -1. */
static int payload_at(const uint8_t *data, int length, int *size) {
    int at = 12 + 4 * (data[0] & 15);
    if (data[0] & 0x10) {
        if (at + 4 > length) return -1;
        at += 4 + 4 * get16(data + at + 2);
    }
    *size = length - at - (data[0] & 0x20 ? data[length - 1] : 0);
    return *size >= SHORTEST ? at : -1;
}

/* Decrypts and compares; true with the publisher's index. */
static bool check(engine *e, struct client *c, int kind, uint8_t *data, int length, uint64_t *index) {
    int size;
    if (e->unprotect(c->receive, data, &length) != 0) {
        e->totals.wrong++;
        return false;
    }
    int at = payload_at(data, length, &size);
    if (at < 0) return false; /* padding, as of a probe */
    uint64_t newest = e->next_index[kind];
    uint32_t low = get32(data + at + INDEX_AT);
    *index = newest - (uint32_t)((uint32_t)newest - low);
    const struct sent *s = &e->sent[kind][*index % RING];
    uint8_t expected[LONGEST];
    e->totals.checked++;
    if (*index < newest && newest - *index < RING && s->size == size) {
        fill(e, kind, *index, size, s->flags, expected);
        if (memcmp(expected, data + at, size) == 0) return true;
    }
    e->totals.wrong++;
    return false;
}

static void on_rtp(engine *e, struct client *c, uint8_t *data, int length, int64_t at) {
    int pt = data[1] & 127;
    int kind = pt == c->payload_type[LOAD_VIDEO] ? LOAD_VIDEO : LOAD_AUDIO;
    if (pt != c->payload_type[kind] || c->publisher) return;
    struct inbound *in = &c->in[kind];
    uint16_t sequence = get16(data + 2);
    bool marker = data[1] & 128;
    c->heard_ssrc[kind] = get32(data + 8);
    if (!in->started) {
        in->started = true;
        in->high = sequence;
    }
    int64_t extended = in->high + (int16_t)(sequence - (uint16_t)in->high);
    if (extended > in->high) in->high = extended;
    in->received++;
    e->totals.received++;
    uint64_t index = extended + in->offset;
    bool ends = e->sent[kind][index % RING].flags & LOAD_LAST;
    bool joining = kind == LOAD_VIDEO && c->first_frame_ns == 0;
    if (!in->mapped || joining || in->received % CHECK_EVERY == 0 || (kind == LOAD_VIDEO && ends != marker)) {
        if (!check(e, c, kind, data, length, &index)) return;
        if (!in->mapped) in->first_index = index;
        in->mapped = true;
        in->offset = index - extended;
    }
    arrived(e, c, kind, index, at);
    if (joining) watch_keyframe(e, c, in, index, at);
}

static void on_datagram(engine *e, int client, uint8_t *data, int length, int64_t at) {
    struct client *c = &e->clients[client];
    if (length < 12) return;
    if (data[0] < 4) {
        hand_over(e, client, data, length);
    } else if (data[0] >> 6 == 2) {
        if (data[1] < 192 || data[1] > 223)
            on_rtp(e, c, data, length, at);
        else if (c->publisher && e->unprotect_rtcp(c->receive, data, &length) == 0)
            hand_over(e, client, data, length);
    }
}

void drain(engine *e, int client) {
    struct client *c = &e->clients[client];
    struct mmsghdr messages[BATCH];
    struct iovec places[BATCH];
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t))];
    } ancillary[BATCH];
    for (int got = BATCH; got == BATCH;) {
        for (int i = 0; i < BATCH; i++) {
            places[i] = (struct iovec){buffers[i], sizeof buffers[i]};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &places[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = &ancillary[i],
                                                  .msg_controllen = sizeof ancillary[i]};
        }
        got = recvmmsg(c->fd, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++) {
            struct timespec t = {0};
            struct msghdr *h = &messages[i].msg_hdr;
            for (struct cmsghdr *m = CMSG_FIRSTHDR(h); m; m = CMSG_NXTHDR(h, m)) {
                if (m->cmsg_level != SOL_SOCKET) continue;
                if (m->cmsg_type == SO_TIMESTAMPNS) memcpy(&t, CMSG_DATA(m), sizeof t);
                if (m->cmsg_type == SO_RXQ_OVFL) {
                    uint32_t overflow;
                    memcpy(&overflow, CMSG_DATA(m), sizeof overflow);
                    e->totals.dropped_here += overflow - c->overflow;
                    c->overflow = overflow;
                }
            }
            on_datagram(e, client, buffers[i], messages[i].msg_len, t.tv_sec * 1000000000LL + t.tv_nsec);
        }
    }
}

/* RFC 3550 §6.4.2: a receiver report a second, of all that this subscriber hears; none while it hears nothing. */
void report(engine *e, int client, int64_t now) {
    struct client *c = &e->clients[client];
    c->report_ns = now + 1000000000;
    uint8_t data[256] = {0x80, 201};
    int length = 8;
    put32(data + 4, c->ssrc);
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        if (!c->in[kind].started) continue;
        memset(data + length, 0, 24);
        put32(data + length, c->heard_ssrc[kind]);
        put32(data + length + 8, c->in[kind].high);
        length += 24;
        data[0]++;
    }
    put16(data + 2, length / 4 - 1);
    if (length > 8 && e->protect_rtcp(c->send, data, &length) == 0) send(c->fd, data, length, MSG_DONTWAIT);
}

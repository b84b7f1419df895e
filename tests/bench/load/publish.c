/* The publisher: RTP that looks like a browser's H.264 and Opus, with the sizes and the timing of the trace. */
#include <sys/socket.h>

#include "internal.h"

enum { AUDIO_EVERY_NS = 20000000, AUDIO_SIZE = 120, INDEX_AT = 8, LATE_NS = 500000000, REPORT_EVERY_NS = 1000000000 };

/* A payload is pseudo-random but for what RFC 6184 says of its first bytes, and for the packet's index. */
void fill(const engine *e, int kind, uint32_t index, int size, int flags, uint8_t *out) {
    memcpy(out, e->pool + index * 61u % 4096, size);
    put32(out + INDEX_AT, index);
    if (kind == LOAD_AUDIO) {
        out[0] = 0xfc; /* RFC 6716 §3.1: 20 ms */
        return;
    }
    bool key = flags & LOAD_KEY, first = flags & LOAD_FIRST, last = flags & LOAD_LAST;
    if (key && first) { /* STAP-A: a message with the index, sequence and picture parameters of 3840×2160 */
        static const uint8_t sps[] = "\0\012\x67\x42\xe0\x34\xda\x00\xf0\x01\x0f\x90";
        out[0] = 0x78;
        put16(out + 1, 9);
        out[3] = 6;
        memcpy(out + 12, sps, 12);
        put16(out + 24, size - 26);
        memset(out + 26, 0, size - 26);
        memcpy(out + 26, "\x68\xce\x3c\x80", 4);
        return;
    }
    bool start = key ? flags & LOAD_SECOND : first;
    int type = key ? 5 : 1;
    if (start && last) { /* a whole NAL unit */
        out[0] = 0x60 | type;
        out[1] = 0x88;
        return;
    }
    out[0] = 0x7c; /* FU-A */
    out[1] = type | (start ? 0x80 : 0) | (last ? 0x40 : 0);
    out[2] = 0x88;
}

static int extension(uint8_t *at, int id, const void *value, int length) {
    if (id == 0) return 0;
    at[0] = id << 4 | (length - 1);
    memcpy(at + 1, value, length);
    return length + 1;
}

static int header(engine *e, int kind, bool marker, uint64_t index, int64_t now, uint8_t *out) {
    const struct load_sending *s = &e->sending;
    out[0] = 0x90;
    out[1] = s->payload_type[kind] | (marker ? 0x80 : 0);
    put16(out + 2, index & 0xffff);
    put32(out + 4, e->timestamp[kind]);
    put32(out + 8, s->ssrc[kind]);
    put16(out + 12, 0xbede);
    uint64_t seconds = now / 1000000000, fraction = now % 1000000000;
    uint32_t at_24 = (seconds % 64) << 18 | (fraction << 18) / 1000000000;
    uint8_t send_time[3] = {at_24 >> 16, at_24 >> 8, at_24}, counter[2], level[1] = {0x80 | 30};
    put16(counter, e->transport_cc++);
    int length = 16;
    length += extension(out + length, s->abs_send_time_id, send_time, 3);
    length += extension(out + length, s->transport_cc_id, counter, 2);
    length += extension(out + length, s->mid_id, s->mid[kind], strlen(s->mid[kind]));
    if (kind == LOAD_AUDIO) length += extension(out + length, s->audio_level_id, level, 1);
    while (length % 4) out[length++] = 0;
    put16(out + 14, (length - 16) / 4);
    return length;
}

static void send_packet(engine *e, int kind, int size, int flags, int64_t due) {
    struct client *c = &e->clients[e->publisher];
    uint64_t index = e->next_index[kind]++;
    struct kept *k = &e->kept[kind][index % KEPT];
    int length = header(e, kind, flags & LOAD_LAST, index, now_ns(), k->data);
    if (flags & LOAD_FIRST) e->frame = index;
    fill(e, kind, index, size, flags, k->data + length);
    length += size;
    e->protect(c->send, k->data, &length);
    k->length = length;
    struct sent *s = &e->sent[kind][index % RING];
    *s = (struct sent){.at_ns = now_ns(), .frame = e->frame, .size = size, .flags = flags};
    send(c->fd, k->data, length, MSG_DONTWAIT);
    e->octets[kind] += size;
    e->totals.sent++;
    if (s->at_ns - due > e->totals.latest_send_ns) e->totals.latest_send_ns = s->at_ns - due;
}

/* RFC 3550 §6.4.1, with a CNAME. */
static void send_reports(engine *e, int64_t now) {
    struct client *c = &e->clients[e->publisher];
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        uint8_t data[256] = {0x80, 200, 0, 6};
        put32(data + 4, e->sending.ssrc[kind]);
        put32(data + 8, now / 1000000000 + 2208988800u);
        put32(data + 12, ((uint64_t)(now % 1000000000) << 32) / 1000000000);
        put32(data + 16, e->timestamp[kind]);
        put32(data + 20, e->next_index[kind]);
        put32(data + 24, e->octets[kind]);
        memcpy(data + 28, "\x81\xca\0\3", 4);
        put32(data + 32, e->sending.ssrc[kind]);
        memcpy(data + 36, "\1\4load\0\0", 8);
        int length = 44;
        if (e->protect_rtcp(c->send, data, &length) == 0) send(c->fd, data, length, MSG_DONTWAIT);
    }
}

/* At a frame's beginning: another trace, or a keyframe out of turn. */
static void turn(engine *e, int64_t now) {
    if (e->next_steps) {
        free(e->steps);
        e->steps = e->next_steps;
        e->count = e->next_count;
        e->period_us = e->next_period_us;
        e->next_steps = NULL;
        e->restart = true;
    }
    if (e->restart) {
        e->loop_timestamp += e->video_base_ns ? (now - e->video_base_ns) / 1000 * 9 / 100 : 0;
        e->video_base_ns = now;
        e->at = 0;
        e->restart = false;
    }
}

int64_t publish_due(engine *e, int64_t now) {
    if (e->publisher < 0 || (e->steps == NULL && e->next_steps == NULL)) return INT64_MAX;
    struct client *c = &e->clients[e->publisher];
    if (c->report_ns <= now) {
        if (c->report_ns) send_reports(e, now);
        c->report_ns = now + REPORT_EVERY_NS;
    }
    if (now - e->audio_due_ns > LATE_NS) e->audio_due_ns = now;
    for (; e->audio_due_ns <= now; e->audio_due_ns += AUDIO_EVERY_NS) {
        e->timestamp[LOAD_AUDIO] += 960;
        send_packet(e, LOAD_AUDIO, AUDIO_SIZE, 0, e->audio_due_ns);
    }
    if (e->steps == NULL || e->steps[e->at].flags & LOAD_FIRST) turn(e, now);
    for (;;) {
        const struct load_step *step = &e->steps[e->at];
        int64_t due = e->video_base_ns + step->due_us * 1000LL;
        if (due > now) return due < e->audio_due_ns ? due : e->audio_due_ns;
        if (now - due > LATE_NS) e->video_base_ns += now - due;
        if (step->flags & LOAD_FIRST) e->timestamp[LOAD_VIDEO] = e->loop_timestamp + step->frame_us * 9LL / 100;
        send_packet(e, LOAD_VIDEO, step->size, step->flags, due);
        if (++e->at == e->count) {
            e->at = 0;
            e->video_base_ns += e->period_us * 1000LL;
            e->loop_timestamp += e->period_us * 9LL / 100;
        }
        if (e->steps[e->at].flags & LOAD_FIRST) turn(e, now);
    }
}

void load_resend(engine *e, uint32_t ssrc, uint16_t sequence) {
    pthread_mutex_lock(&e->lock);
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        uint64_t back = (uint16_t)(e->next_index[kind] - 1 - sequence);
        if (e->publisher < 0 || ssrc != e->sending.ssrc[kind] || back >= KEPT || back >= e->next_index[kind]) continue;
        struct kept *k = &e->kept[kind][(e->next_index[kind] - 1 - back) % KEPT];
        send(e->clients[e->publisher].fd, k->data, k->length, MSG_DONTWAIT);
    }
    pthread_mutex_unlock(&e->lock);
}

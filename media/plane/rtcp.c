/* RTCP compound packets: read from anyone who is authenticated, written for reports and requests (RFC 3550, 4585, 5104). */
#include "internal.h"

enum { SENDER_REPORT = 200, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE, TRANSPORT_FEEDBACK = 205, PAYLOAD_FEEDBACK };
enum { NACK = 1, PLI = 1, FIR = 4, REPORT_BLOCK = 24 };

static slot *slot_of(peer *q, uint32_t ssrc) {
    for (slot *s = q->slots; s; s = s->next)
        if (s->ssrc == ssrc) return s;
    return NULL;
}

static stream *stream_of(peer *q, uint32_t ssrc) {
    for (stream *s = q->streams; s; s = s->next)
        if (s->has_ssrc && s->ssrc == ssrc) return s;
    return NULL;
}

static void read_blocks(peer *q, const uint8_t *at, int length, int count, double now) {
    for (; count > 0 && length >= REPORT_BLOCK; count--, at += REPORT_BLOCK, length -= REPORT_BLOCK) {
        slot *s = slot_of(q, get32(at));
        if (s) slot_received_report(s, at, now);
    }
}

static void read_sender_report(peer *q, const uint8_t *b, double arrival) {
    stream *s = stream_of(q, get32(b + 4));
    if (!s) return;
    s->report = (sender_report){.known = true, .ntp = get64(b + 8), .rtp = get32(b + 16), .arrival = arrival};
    if (!s->tapped) return;
    uint8_t frame[16];
    uint32_t ssrc = s->ssrc;
    memcpy(frame, &ssrc, 4); /* TAP frames are little-endian, as is every machine this runs on */
    memcpy(frame + 4, &s->report.ntp, 8);
    memcpy(frame + 12, &s->report.rtp, 4);
    tap_write(s, TAP_SENDER_REPORT, arrival, frame, sizeof frame);
}

static void ask_source(peer *q, uint32_t ssrc, double now) {
    slot *s = slot_of(q, ssrc);
    if (s && s->stream) stream_want_keyframe(s->stream, now);
}

static void read_nack(peer *q, const uint8_t *b, int length, double now) {
    slot *s = slot_of(q, get32(b + 8));
    if (!s) return;
    for (int at = 12; at + 4 <= length; at += 4) {
        uint16_t first = get16(b + at), mask = get16(b + at + 2);
        slot_nack(s, first, now);
        for (int i = 0; i < 16; i++)
            if (mask >> i & 1) slot_nack(s, (uint16_t)(first + i + 1), now);
    }
}

/* One packet of a compound; `length` is a multiple of four, and at least four. False if it is shorter than its kind. */
static bool read_one(peer *q, const uint8_t *b, int length, double arrival, double now) {
    int count = b[0] & 31;
    switch (b[1]) {
    case SENDER_REPORT:
        if (length < 28) return false;
        read_sender_report(q, b, arrival);
        read_blocks(q, b + 28, length - 28, count, now);
        return true;
    case RECEIVER_REPORT:
        if (length < 8) return false;
        read_blocks(q, b + 8, length - 8, count, now);
        return true;
    case BYE:
        for (int i = 0; i < count && 8 + 4 * i <= length; i++) {
            stream *s = stream_of(q, get32(b + 4 + 4 * i));
            if (s) stream_bye(s);
        }
        return true;
    case TRANSPORT_FEEDBACK:
        if (length < 12) return false;
        if (count == NACK) read_nack(q, b, length, now);
        return true;
    case PAYLOAD_FEEDBACK:
        if (length < 12) return false;
        if (count == PLI) ask_source(q, get32(b + 8), now);
        if (count == FIR)
            for (int at = 12; at + 8 <= length; at += 8) ask_source(q, get32(b + at), now);
        return true;
    default: return true; /* descriptions, extended reports, and what is not known */
    }
}

void rtcp_receive(peer *q, const uint8_t *data, int length, double arrival, double now) {
    while (length > 0) {
        int size = length < 4 ? 0 : 4 * (get16(data + 2) + 1);
        if (length < 4 || data[0] >> 6 != 2 || size > length || !read_one(q, data, size, arrival, now)) {
            plane_drop(q->plane, DROP_MALFORMED_RTCP);
            return;
        }
        data += size;
        length -= size;
    }
}

/* Writes the first four bytes of a packet of this many bytes, which it returns. */
int rtcp_header(uint8_t *out, int count, int type, int bytes) {
    out[0] = (uint8_t)(0x80 | count);
    out[1] = (uint8_t)type;
    put16(out + 2, (uint16_t)(bytes / 4 - 1));
    return bytes;
}

/* The canonical name that every report is to carry (RFC 3550 §6.5.1). */
int rtcp_source_description(uint8_t *out, uint32_t ssrc) {
    memset(out, 0, 20);
    put32(out + 4, ssrc);
    out[8] = 1;
    out[9] = 6;
    memcpy(out + 10, "tongke", 6);
    return rtcp_header(out, 1, SOURCE_DESCRIPTION, 20);
}

/* Protects and queues it; `data` has room for 160 bytes more. */
void rtcp_send(peer *q, uint8_t *data, int length) {
    if (!q->send || !q->has_path) return;
    uint8_t *out = tx_room(q->plane);
    memcpy(out, data, (size_t)length);
    if (q->plane->protect_rtcp(q->send, out, &length) != 0) {
        plane_drop(q->plane, DROP_NOT_PROTECTED);
        return;
    }
    tx_commit(q, CONTROL, length, 0);
}

void rtcp_send_pli(peer *q, uint32_t ssrc) {
    uint8_t out[12];
    put32(out + 4, OWN_SSRC);
    put32(out + 8, ssrc);
    rtcp_send(q, out, rtcp_header(out, PLI, PAYLOAD_FEEDBACK, 12));
}

/* Outgoing streams. A slot has its own SSRC, sequence and clock; what is bound to it is rewritten to go on in them.
 *
 * A key must never protect two different packets under one (SSRC, index). Three things see to it: a binding begins after
 * the highest number that was sent; nothing that came before its first packet is forwarded; and every number is claimed
 * before it is used, once. What is sent again goes by RTX (RFC 4588), or with the very bytes of the first time. */
#include "internal.h"

enum { PICTURE_PACKETS = 64 };                       /* how far before a keyframe's first packet its picture may begin */
static const double RESEND_RATE = 1.5e6;           /* bytes a second that one slot may ask for again, and in one go */
static const double RESEND_GAP = 0.01;             /* the same packet is not sent again sooner, in seconds */
static const double REPORT_PERIOD = 1.0;

static const struct plane_mapping *mapping_of(const struct plane_mapping *formats, int count, uint8_t payload_type) {
    for (int i = 0; i < count; i++)
        if (formats[i].from == payload_type) return formats + i;
    return NULL;
}

const struct plane_mapping *slot_mapping(const slot *s, uint8_t payload_type) {
    return mapping_of(s->formats, s->format_count, payload_type);
}

/* Whether packets can be sent to it. */
bool slot_is_reachable(const slot *s) { return s->peer->send && s->peer->has_path; }

/* Seconds as 24 bits of 6.18 fixed point (the abs-send-time extension). */
static uint32_t abs_send_time(double now) { return (uint32_t)(uint64_t)(now * 262144.0) & 0xFFFFFF; }

/* True once for every number: those further back than CLAIMS count as used. */
static bool claim(slot *s, int64_t seq) {
    if (seq <= s->next_seq - 1 - CLAIMS) return false;
    for (int64_t passed = s->next_seq; passed <= seq; passed++)
        s->claimed[(passed & (CLAIMS - 1)) / 64] &= ~((uint64_t)1 << (passed & 63));
    if (seq >= s->next_seq) s->next_seq = seq + 1;
    uint64_t bit = (uint64_t)1 << (seq & 63), *word = s->claimed + (seq & (CLAIMS - 1)) / 64;
    if (*word & bit) return false;
    *word |= bit;
    return true;
}

static bool was_claimed(const slot *s, int64_t seq) {
    return seq < s->next_seq && seq > s->next_seq - 1 - CLAIMS &&
           s->claimed[(seq & (CLAIMS - 1)) / 64] >> (seq & 63) & 1;
}

/* Where the stream's numbers and times are carried on from. */
static void start(slot *s, const packet *item) {
    stream *from = s->stream;
    int64_t first = item->seq;
    if (s->kind == PLANE_VIDEO) { /* what precedes the parameter sets in the same picture */
        const packet *before;
        while (item->seq - first < PICTURE_PACKETS && (before = cache_get(&from->cache, first - 1)) &&
               before->header.timestamp == item->header.timestamp)
            first--;
    }
    s->first_in = s->cursor = first;
    s->offset = s->next_seq - first;
    uint32_t timestamp = s->last_timestamp;
    if (s->has_sent) {
        const struct plane_format *format = stream_format(from, item->header.payload_type);
        double passed = (item->arrival - s->last_at) * (format ? format->clock_rate : 90000);
        timestamp += passed > 1 ? (uint32_t)(uint64_t)passed : 1;
    }
    s->timestamp_offset = timestamp - item->header.timestamp;
    uint8_t length;
    const uint8_t *descriptor =
        rtp_extension(item->data, &item->header, from->extensions.dependency_descriptor, &length);
    s->frame_offset = descriptor && length >= 3 && s->has_frame ? (uint16_t)(s->last_frame + 1 - get16(descriptor + 1)) : 0;
    s->epoch = from->epoch;
    s->started = true;
    s->report_at = 0;
}

static void remember(slot *s, int64_t seq, const stamp *with) {
    if (!s->sent) {
        s->sent_size = s->kind == PLANE_VIDEO ? 1024 : 256; /* libsrtp takes no older one again anyway */
        s->sent = calloc((size_t)s->sent_size, sizeof *s->sent);
        if (!s->sent) return;
    }
    s->sent[seq & (s->sent_size - 1)] = (slot_sent){seq, with->abs_send_time, with->transport_cc};
}

void slot_send(slot *s, const packet *item, const struct plane_mapping *mapping, double now, double arrival) {
    int64_t seq = item->seq + s->offset;
    bool newest = seq >= s->next_seq;
    if (!claim(s, seq)) return;
    stamp with = {
        .ssrc = s->ssrc,
        .timestamp = item->header.timestamp + s->timestamp_offset,
        .seq = (uint16_t)seq,
        .payload_type = mapping->to,
        .original = -1,
        .abs_send_time = abs_send_time(now),
        .transport_cc = s->extensions.transport_cc ? s->peer->next_transport_cc++ : 0,
    };
    if (!s->rtx_ssrc || !mapping->rtx) remember(s, seq, &with);
    if (!transmit(s, item, &with, arrival)) return;
    s->packets++;
    s->bytes += item->header.payload_length;
    s->plane->forwarded++;
    if (!newest) return;
    s->has_sent = true;
    s->last_timestamp = with.timestamp;
    s->last_at = item->arrival;
    uint8_t length;
    const uint8_t *descriptor =
        rtp_extension(item->data, &item->header, s->stream->extensions.dependency_descriptor, &length);
    if (descriptor && length >= 3) {
        s->last_frame = (uint16_t)(get16(descriptor + 1) + s->frame_offset);
        s->has_frame = true;
    }
}

/* What was awaited is here: it takes the place of what was shown. */
static void change(slot *s) {
    stream *to = s->awaited;
    if (s->stream) slot_leave(s, s->stream);
    s->stream = to;
    s->awaited = NULL;
    s->format_count = s->awaited_count;
    memcpy(s->formats, s->awaited_formats, (size_t)s->format_count * sizeof *s->formats);
}

/* Nothing more goes to it before the next keyframe. */
void slot_stop(slot *s) {
    s->started = false;
    serving_leave(s);
}

/* A packet has come. What is to be sent is sent by its turn (serving.c), but for what comes late: its place is past. */
static void hear(slot *s, stream *from, const packet *item, double now) {
    if (from == s->awaited) {
        if (!item->keyframe || !mapping_of(s->awaited_formats, s->awaited_count, item->header.payload_type)) return;
        change(s);
    }
    const struct plane_mapping *mapping = slot_mapping(s, item->header.payload_type);
    if (!mapping) return;
    if (s->kind == PLANE_VIDEO && outbox_holds(s->peer, s->started || item->keyframe, now)) {
        slot_stop(s);
        return;
    }
    if (!s->started || s->epoch != from->epoch) {
        slot_stop(s);
        if (s->kind == PLANE_AUDIO || item->keyframe) start(s, item);
        else stream_want_keyframe(from, now);
    } else if (item->seq < s->cursor && item->seq >= s->first_in) {
        slot_send(s, item, mapping, now, item->arrival);
    }
}

/* Packets have come, those that stand in `from->arrived`. */
void slot_hear(slot *s, stream *from, double now) {
    /* Whoever gets its path back is far behind: it begins anew, its numbers go on where they were. */
    if (!s->peer->has_path) slot_stop(s);
    if (!slot_is_reachable(s)) return;
    for (const packet *item = from->arrived; item; item = item->next)
        if (item->epoch == from->epoch) hear(s, from, item, now);
    if (s->stream != from || !s->started || s->cursor > from->highest) return;
    if (s->kind == PLANE_AUDIO) serve_now(s, now);
    else serving_join(s);
}

/* Shows the picture as soon as can be: from the keyframe in the cache, if that is recent, else from one that is asked for.
 * Sound begins with its next packet. */
void slot_begin(slot *s, double now) {
    if (!s->stream || s->started || s->kind != PLANE_VIDEO || outbox_holds(s->peer, true, now)) return;
    const packet *key = late_start(s->stream, now);
    if (key && !slot_mapping(s, key->header.payload_type)) key = NULL;
    if (!key) {
        stream_want_keyframe(s->stream, now);
    } else if (slot_is_reachable(s)) {
        start(s, key);
        serving_join_late(s, now);
    }
}

/* Sends a packet again that the receiver reports as lost. One that never came here is not there to be sent: it is
 * forwarded when the publisher has repeated it. */
void slot_nack(slot *s, uint16_t seq16, double now) {
    s->nacks_received++;
    stream *from = s->stream;
    if (!from || !s->started || s->epoch != from->epoch || !slot_is_reachable(s)) return;
    int64_t seq = extend(seq16, s->next_seq - 1);
    if (seq - s->offset < s->first_in || !was_claimed(s, seq)) return;
    const packet *item = cache_get(&from->cache, seq - s->offset);
    const struct plane_mapping *mapping = item ? slot_mapping(s, item->header.payload_type) : NULL;
    if (!mapping) return;
    if (!s->resent && !(s->resent = calloc(RESENT, sizeof *s->resent))) return;
    resend *again = s->resent + (seq & (RESENT - 1));
    if (again->seq == seq && now - again->at < RESEND_GAP) return;
    s->resend_budget += (now - s->resend_at) * RESEND_RATE;
    s->resend_at = now;
    if (s->resend_budget > RESEND_RATE) s->resend_budget = RESEND_RATE;
    if (s->resend_budget < item->length) {
        plane_drop(s->plane, DROP_RETRANSMISSION_LIMIT);
        return;
    }
    stamp with = {.timestamp = item->header.timestamp + s->timestamp_offset};
    if (s->rtx_ssrc && mapping->rtx) {
        with.ssrc = s->rtx_ssrc;
        with.seq = (uint16_t)s->rtx_seq++;
        with.payload_type = mapping->rtx;
        with.original = seq16;
        with.abs_send_time = abs_send_time(now);
        with.transport_cc = s->extensions.transport_cc ? s->peer->next_transport_cc++ : 0;
    } else {
        const slot_sent *first = s->sent ? s->sent + (seq & (s->sent_size - 1)) : NULL;
        if (!first || first->seq != seq) return;
        with.ssrc = s->ssrc;
        with.seq = seq16;
        with.payload_type = mapping->to;
        with.original = -1;
        with.abs_send_time = first->abs_send_time;
        with.transport_cc = first->transport_cc;
    }
    if (!transmit(s, item, &with, 0)) return;
    s->resend_budget -= item->length;
    *again = (resend){seq, now};
    s->retransmitted++;
}

/* It is shown, or awaited, no longer. What was awaited then has nothing to wait for. */
void slot_leave(slot *s, stream *from) {
    for (int i = 0; i < from->slot_count; i++)
        if (from->slots[i] == s) from->slots[i] = from->slots[--from->slot_count];
    if (s->awaited == from) {
        s->awaited = NULL;
        return;
    }
    slot_stop(s);
    s->stream = NULL;
    if (s->awaited) change(s);
}

static int watch(slot *s, stream *from) {
    if (from->slot_count == from->slot_room) {
        int room = from->slot_room ? from->slot_room * 2 : 4;
        slot **slots = realloc(from->slots, (size_t)room * sizeof *slots);
        if (!slots) return PLANE_NO_MEMORY;
        from->slots = slots;
        from->slot_room = room;
    }
    from->slots[from->slot_count++] = s;
    return PLANE_OK;
}

static bool same(const struct plane_mapping *a, int a_count, const struct plane_mapping *b, int b_count) {
    return a_count == b_count && !memcmp(a, b, (size_t)a_count * sizeof *a);
}

int plane_bind(plane *p, int32_t id, int32_t stream_id, const struct plane_mapping *formats, int count, int keep) {
    slot *s = id_get(&p->slot_ids, id);
    stream *to = stream_id ? id_get(&p->stream_ids, stream_id) : NULL;
    if (!s || (stream_id && !to)) return PLANE_NOT_FOUND;
    if (count > FORMATS) return PLANE_TOO_MANY;
    if (to && s->awaited == to && keep && same(s->awaited_formats, s->awaited_count, formats, count)) return PLANE_OK;
    if (s->awaited) slot_leave(s, s->awaited);
    if (to && s->stream == to && same(s->formats, s->format_count, formats, count)) return PLANE_OK; /* it is shown already */
    keep = keep && to && s->stream && s->stream != to && s->started && s->kind == PLANE_VIDEO;
    if (s->stream && !keep) slot_leave(s, s->stream);
    if (!to) return PLANE_OK;
    int watched = watch(s, to);
    if (watched != PLANE_OK) return watched;
    s->awaited = to;
    s->awaited_count = count;
    memcpy(s->awaited_formats, formats, (size_t)count * sizeof *formats);
    if (keep) {
        stream_want_keyframe(to, p->now);
    } else {
        change(s);
        slot_begin(s, p->now);
    }
    tx_flush(p);
    return PLANE_OK;
}

/* A sender report on the publisher's own clock, so that its sound and picture stay together (RFC 3550 §6.4.1). */
void slot_report(slot *s, double now) {
    const stream *from = s->stream;
    if (!from || !s->started || s->epoch != from->epoch || !from->report.known || now - s->report_at < REPORT_PERIOD) return;
    const struct plane_format *format = stream_format(from, from->payload_type);
    double passed = now - from->report.arrival;
    if (!format || passed < 0) return;
    uint64_t ntp = from->report.ntp + (uint64_t)(passed * 4294967296.0);
    uint32_t rtp = from->report.rtp + (uint32_t)(uint64_t)(passed * format->clock_rate) + s->timestamp_offset;
    uint8_t out[128 + 256];
    put32(out + 4, s->ssrc);
    put64(out + 8, ntp);
    put32(out + 16, rtp);
    put32(out + 20, (uint32_t)s->packets);
    put32(out + 24, (uint32_t)s->bytes);
    int length = rtcp_header(out, 0, 200, 28);
    length += rtcp_source_description(out + length, s->ssrc);
    rtcp_send(s->peer, out, length);
    s->report_at = now;
    s->reports[s->report_next & 3].ntp = (uint32_t)(ntp >> 16);
    s->reports[s->report_next++ & 3].at = now;
}

/* A report block of this slot (RFC 3550 §6.4.1): loss, and the time there and back. */
void slot_received_report(slot *s, const uint8_t *block, double now) {
    s->fraction_lost = block[4] / 256.0;
    uint32_t last = get32(block + 16);
    for (int i = 0; last && i < 4; i++) {
        if (s->reports[i].ntp != last) continue;
        double rtt = now - s->reports[i].at - get32(block + 20) / 65536.0;
        s->rtt = rtt > 0 ? rtt : 0;
    }
}

void slot_drop(slot *s) {
    if (s->awaited) slot_leave(s, s->awaited);
    if (s->stream) slot_leave(s, s->stream);
    slot **at = &s->peer->slots;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    free(s->sent);
    free(s->resent);
    free(s);
}

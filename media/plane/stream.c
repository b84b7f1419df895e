/* Incoming streams: which one a packet is of, in what order it stands, and what is known of its sender. */
#include "internal.h"

enum { MAX_JUMP = 3000 /* RFC 3550 §A.1, MAX_DROPOUT */ };
static const double KEYFRAME_PERIOD = 0.5; /* between two requests for one, in seconds */
static const double CACHE_SECONDS = 2.5;
static const double LEVEL_SECONDS = 0.5;
static const double SUCCESSION_SECONDS = 1.0;
static const double LEAST_SPAN = 0.25;

const struct plane_format *stream_format(const stream *s, uint8_t payload_type) {
    for (int i = 0; i < s->format_count; i++)
        if (s->formats[i].payload_type == payload_type) return s->formats + i;
    return NULL;
}

static const struct plane_format *repaired_format(const stream *s, uint8_t payload_type) {
    for (int i = 0; i < s->format_count; i++)
        if (s->formats[i].rtx && s->formats[i].rtx == payload_type) return s->formats + i;
    return NULL;
}

/* Whether the packet carries this label: 1, 0 (another one), -1 (none). */
static int labelled(const uint8_t *data, const rtp_header *h, uint8_t id, const char *label) {
    uint8_t length;
    const uint8_t *found = rtp_extension(data, h, id, &length);
    if (!found) return -1;
    return length == strlen(label) && memcmp(found, label, length) == 0;
}

/* How well an unknown SSRC's packet fits a stream: 2 by its labels, 1 by its payload type alone, 0 not. */
static int fits(const stream *s, const uint8_t *data, const rtp_header *h, bool *rtx) {
    bool media = stream_format(s, h->payload_type) != NULL;
    if (!media && !repaired_format(s, h->payload_type)) return 0;
    if (media && s->ssrc_given) return 0;
    *rtx = !media;
    int mid = s->mid[0] ? labelled(data, h, s->extensions.mid, s->mid) : -1;
    if (mid == 0) return 0;
    if (s->rid[0]) {
        int rid = labelled(data, h, media ? s->extensions.rid : s->extensions.repaired_rid, s->rid);
        return rid == 1 ? 2 : 0;
    }
    return mid == 1 ? 2 : 1;
}

stream *stream_of_packet(peer *q, const uint8_t *data, const rtp_header *h, bool *rtx) {
    for (stream *s = q->streams; s; s = s->next) {
        if (s->has_ssrc && s->ssrc == h->ssrc) return *rtx = false, s;
        if (s->has_rtx_ssrc && s->rtx_ssrc == h->ssrc) return *rtx = true, s;
    }
    stream *best = NULL;
    int score = 0;
    bool ambiguous = false;
    for (stream *s = q->streams; s; s = s->next) {
        bool repairs;
        int fit = fits(s, data, h, &repairs);
        if (fit == 0 || fit < score) continue;
        ambiguous = fit == score;
        score = fit;
        best = s;
        *rtx = repairs;
    }
    if (!best || ambiguous) return NULL;
    /* Without a label, another SSRC follows one that has ended; beside one that goes on it is not ours. */
    if (score == 1 && !*rtx && best->has_ssrc && best->plane->now - best->last_packet_at < SUCCESSION_SECONDS) return NULL;
    if (*rtx) {
        best->rtx_ssrc = h->ssrc;
        best->has_rtx_ssrc = true;
    } else {
        stream_new_ssrc(best, h->ssrc);
    }
    return best;
}

/* The sequence begins anew: slots wait for a keyframe, and nothing of before is answered for. */
static void begin_anew(stream *s) {
    cache_clear(s->plane, &s->cache);
    memset(s->seen, 0, sizeof s->seen);
    s->epoch++;
    s->heard = s->has_key = s->has_transit = false;
    s->missing_count = 0;
    s->received = s->reported_received = 0;
    s->reported_expected = 0;
}

void stream_new_ssrc(stream *s, uint32_t ssrc) {
    if (s->has_ssrc) begin_anew(s);
    s->has_ssrc = true;
    s->ssrc = ssrc;
    s->report.known = false;
}

static bool was_seen(const stream *s, int64_t seq) { return s->seen[(seq & (WINDOW - 1)) / 64] >> (seq & 63) & 1; }

static void set_seen(stream *s, int64_t seq, bool value) {
    uint64_t bit = (uint64_t)1 << (seq & 63), *word = s->seen + (seq & (WINDOW - 1)) / 64;
    *word = value ? *word | bit : *word & ~bit;
}

/* Puts the packet in order. False: it is a repeat, or too old, or (repaired) from nowhere. */
static bool place(stream *s, const rtp_header *h, double arrival, bool repaired, int64_t *seq) {
    if (s->heard && !repaired && extend(h->seq, s->highest) - s->highest > MAX_JUMP) begin_anew(s);
    if (!s->heard) {
        if (repaired) return plane_drop(s->plane, DROP_OLD), false;
        s->heard = true;
        s->first = s->highest = *seq = 65536 + h->seq;
        set_seen(s, *seq, true);
        return true;
    }
    *seq = extend(h->seq, s->highest);
    if (*seq <= s->highest - WINDOW || *seq < s->first - MAX_JUMP || *seq > s->highest + MAX_JUMP)
        return plane_drop(s->plane, DROP_OLD), false;
    if (*seq > s->highest) {
        for (int64_t gap = s->highest + 1; gap < *seq; gap++) set_seen(s, gap, false);
        loss_gap(s, s->highest + 1, *seq, arrival);
        s->highest = *seq;
    } else {
        if (was_seen(s, *seq)) return plane_drop(s->plane, DROP_DUPLICATE), false;
        if (*seq < s->first) s->first = *seq;
        loss_found(s, *seq, arrival);
    }
    set_seen(s, *seq, true);
    return true;
}

/* RFC 3550 §A.8. */
static void measure_jitter(stream *s, uint32_t timestamp, uint32_t clock_rate, double arrival) {
    uint32_t transit = (uint32_t)(int64_t)(arrival * clock_rate) - timestamp;
    if (s->has_transit) {
        double d = (int32_t)(transit - s->transit);
        s->jitter += ((d < 0 ? -d : d) - s->jitter) / 16;
    }
    s->has_transit = true;
    s->transit = transit;
}

static void measure_level(stream *s, const uint8_t *data, const rtp_header *h, double arrival) {
    uint8_t length;
    const uint8_t *found = rtp_extension(data, h, s->extensions.audio_level, &length);
    if (!found) return;
    double weight = (arrival - s->last_packet_at) * 2 / LEVEL_SECONDS;
    if (weight > 1 || s->packets == 0) weight = 1;
    if (weight > 0) s->level += ((*found & 127) - s->level) * weight;
}

int stream_level(const stream *s) {
    if (s->kind != PLANE_AUDIO || s->plane->now - s->last_packet_at > LEVEL_SECONDS) return 127;
    return (int)(s->level + 0.5);
}

/* Bytes a second, over what is cached. */
double stream_rate(const stream *s, double now) {
    const packet *oldest = cache_get(&s->cache, s->cache.lowest);
    double span = oldest ? now - oldest->arrival : 0;
    return (double)s->cache.bytes / (span > LEAST_SPAN ? span : LEAST_SPAN);
}

static void announce(stream *s, uint8_t payload_type) {
    if (s->announced && s->payload_type == payload_type) return;
    s->announced = true;
    s->payload_type = payload_type;
    if (!s->pending_started && !s->pending_stopped) s->plane->pending_events++;
    s->pending_started = true;
    s->stopped_last = false;
}

void stream_bye(stream *s) {
    if (!s->announced) return;
    s->announced = false;
    if (!s->pending_started && !s->pending_stopped) s->plane->pending_events++;
    s->pending_stopped = s->stopped_last = true;
}

static void note_keyframe(stream *s, packet *item, uint8_t codec) {
    if (!starts_keyframe(codec, item->data + item->header.payload, item->header.payload_length)) return;
    /* A parameter set and the picture after it are one keyframe; it begins at the first of them. */
    if (s->has_key && s->key_timestamp == item->header.timestamp && s->key_seq < item->seq) return;
    if (!s->has_key || s->key_timestamp != item->header.timestamp) s->keyframes++, s->group_bytes = 0;
    if (s->has_key && item->seq < s->key_seq && s->key_timestamp != item->header.timestamp) return;
    item->keyframe = true;
    s->has_key = true;
    s->key_seq = item->seq;
    s->key_timestamp = item->header.timestamp;
    s->key_wanted = false;
}

static void queue_for_slots(stream *s, packet *item) {
    if (!s->arrived) {
        s->arrived_end = &s->arrived;
        s->next_arrived = s->plane->arrived;
        s->plane->arrived = s;
    }
    item->next = NULL;
    *s->arrived_end = item;
    s->arrived_end = &item->next;
}

void stream_receive(stream *s, const uint8_t *data, int length, const rtp_header *h, double arrival, bool repaired) {
    const struct plane_format *format = stream_format(s, h->payload_type);
    if (!format) {
        plane_drop(s->plane, DROP_UNKNOWN_PAYLOAD_TYPE);
        return;
    }
    int64_t seq;
    if (!place(s, h, arrival, repaired, &seq)) return;
    packet *item = malloc(sizeof *item + (size_t)length);
    if (!item) {
        plane_drop(s->plane, DROP_NO_MEMORY);
        return;
    }
    *item = (packet){.seq = seq, .epoch = s->epoch, .arrival = arrival, .header = *h, .length = (uint16_t)length};
    memcpy(item->data, data, (size_t)length);
    if (!cache_put(s->plane, &s->cache, item)) {
        free(item);
        plane_drop(s->plane, DROP_OLD);
        return;
    }
    announce(s, h->payload_type);
    if (s->kind == PLANE_VIDEO) note_keyframe(s, item, format->codec);
    s->group_bytes += (size_t)length;
    if (!repaired) {
        measure_jitter(s, h->timestamp, format->clock_rate, arrival);
        s->received++;
    }
    if (s->kind == PLANE_AUDIO && seq == s->highest) measure_level(s, data, h, arrival);
    s->packets++;
    s->bytes += (uint64_t)length;
    s->last_packet_at = arrival;
    s->peer->last_media_ssrc = s->ssrc;
    if (s->tapped) tap_write(s, TAP_RTP, arrival, item->data, item->length);
    queue_for_slots(s, item);
}

/* RFC 4588 §4: the payload is the original sequence number and the original payload. Without payload it is a probe. */
void stream_receive_rtx(stream *s, uint8_t *data, int length, const rtp_header *h, double arrival) {
    const struct plane_format *format = repaired_format(s, h->payload_type);
    if (!format) {
        plane_drop(s->plane, DROP_UNKNOWN_PAYLOAD_TYPE);
        return;
    }
    if (h->payload_length < 2 || !s->has_ssrc) return;
    uint16_t seq = get16(data + h->payload);
    memmove(data + 2, data, h->payload);
    uint8_t *original = data + 2;
    original[0] &= (uint8_t)~0x20;
    original[1] = (uint8_t)((original[1] & 0x80) | format->payload_type);
    put16(original + 2, seq);
    put32(original + 8, s->ssrc);
    rtp_header header;
    int original_length = length - 2 - h->padding;
    if (rtp_parse(original, original_length, &header)) stream_receive(s, original, original_length, &header, arrival, true);
}

/* Asks the sender, for all who want one, at most twice a second and until a keyframe comes. */
void stream_want_keyframe(stream *s, double now) {
    if (s->kind != PLANE_VIDEO) return;
    s->key_wanted = true;
    if (!s->has_ssrc || !s->peer->send) return;
    if (now - s->key_asked_at >= KEYFRAME_PERIOD) {
        s->key_asked_at = now;
        s->keyframe_requests++;
        rtcp_send_pli(s->peer, s->ssrc);
    }
    plane_wake(s->plane, s->key_asked_at + KEYFRAME_PERIOD);
}

void stream_tick(stream *s, double now) {
    if (s->key_wanted) stream_want_keyframe(s, now);
    loss_send(s, now);
    cache_expire(s->plane, &s->cache, now - CACHE_SECONDS);
}

/* Frees the stream; its slots are left empty. */
void stream_drop(stream *s) {
    while (s->slot_count) slot_leave(s->slots[s->slot_count - 1], s);
    if (s->pending_started || s->pending_stopped) s->plane->pending_events--;
    stream **at = &s->peer->streams;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    cache_clear(s->plane, &s->cache);
    free(s->slots);
    free(s);
}

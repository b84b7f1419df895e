/* The plane's things and their ids: peers, streams, slots; counters; and the order of a turn. */
#include "internal.h"

#include <stdio.h>

static const double LATE_PERIOD = 0.002; /* seconds between two servings of who is late */
static const double PERIOD = 0.1, REST = 5.0; /* between two ticks while packets come, and while none do */

/* ids: a place in the table, the table, and how often the place was used before: an old id, or one of another kind of
 * thing, finds nothing */

void *id_get(const id_table *table, int32_t id) {
    int at = id & 0xFFFF;
    if (id <= 0 || at >= table->size || (id >> 16 & 3) != table->kind || table->generations[at] != id >> 18) return NULL;
    return table->items[at];
}

int32_t id_add(id_table *table, void *item) {
    int at = 0;
    while (at < table->size && table->items[at]) at++;
    if (at == table->size) {
        int size = table->size ? table->size * 2 : 16;
        if (size > 0x10000) return PLANE_NO_MEMORY;
        void **items = realloc(table->items, (size_t)size * sizeof *items);
        if (!items) return PLANE_NO_MEMORY;
        table->items = items;
        uint16_t *generations = realloc(table->generations, (size_t)size * sizeof *generations);
        if (!generations) return PLANE_NO_MEMORY;
        table->generations = generations;
        for (int i = table->size; i < size; i++) items[i] = NULL, generations[i] = 0;
        table->size = size;
    }
    table->generations[at] = (uint16_t)(table->generations[at] % 0x1FFF + 1);
    table->items[at] = item;
    return (int32_t)table->generations[at] << 18 | table->kind << 16 | at;
}

void id_remove(id_table *table, int32_t id) { table->items[id & 0xFFFF] = NULL; }

/* the plane */

plane *plane_new(uintptr_t protect, uintptr_t unprotect, uintptr_t protect_rtcp, uintptr_t unprotect_rtcp) {
    plane *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->protect = (srtp_call)protect;
    p->unprotect = (srtp_call)unprotect;
    p->protect_rtcp = (srtp_call)protect_rtcp;
    p->unprotect_rtcp = (srtp_call)unprotect_rtcp;
    p->peer_ids.kind = 1;
    p->stream_ids.kind = 2;
    p->slot_ids.kind = 3;
    p->segments = true;
    p->receive = receive_buffers_new();
    p->tx.buffer = malloc(TX_BYTES);
    if (p->receive && p->tx.buffer) return p;
    plane_free(p);
    return NULL;
}

static void free_dead(plane *p) {
    while (p->dead) {
        packet *next = p->dead->next_dead;
        free(p->dead);
        p->dead = next;
    }
}

static void free_table(id_table *table) {
    free(table->items);
    free(table->generations);
}

void plane_free(plane *p) {
    while (p->peers) plane_remove_peer(p, p->peers->id);
    tcp_free(p);
    for (int i = 0; i < p->waiting_count; i++) free(p->waiting[(p->waiting_first + i) % WAITING_DATAGRAMS].data);
    free(p->handed_out);
    free(p->receive);
    free(p->tx.buffer);
    free(p->tap.ring);
    free_table(&p->peer_ids);
    free_table(&p->stream_ids);
    free_table(&p->slot_ids);
    free_table(&p->connection_ids);
    free(p);
}

void plane_drop(plane *p, enum drop why) { p->drops[why]++; }

static void hear_stream(stream *s, double now) {
    unsigned turn = s->turn++;
    for (int i = 0; i < s->slot_count; i++) slot_hear(s->slots[(turn + (unsigned)i) % (unsigned)s->slot_count], s, now);
}

/* What came goes out: sound at once, pictures by their turn; to another subscriber first each time. */
void plane_forward_arrived(plane *p, double now) {
    if (p->arrived) plane_wake(p, now + PERIOD);
    for (int kind = PLANE_AUDIO; kind <= PLANE_VIDEO; kind++) {
        for (stream *s = p->arrived; s; s = s->next_arrived)
            if (s->kind == kind) hear_stream(s, now);
        if (kind == PLANE_AUDIO) tx_flush(p);
    }
    for (stream *s = p->arrived; s; s = s->next_arrived) {
        s->arrived = NULL;
        stream_tick(s, now);
    }
    p->arrived = NULL;
    free_dead(p);
}

int plane_is_unfinished(const plane *p) { return p->ready.first || (p->late.first && p->late_left); }

void plane_go_on(plane *p, double now) {
    double begun = clock_now();
    p->now = now;
    p->ahead = now - begun;
    serve_ready(p, now, begun + TURN);
    if (p->late_left) serve_late(p, now, clock_now() + TURN);
}

void plane_tick(plane *p, double now) {
    p->now = now;
    p->ahead = now - clock_now();
    p->due = now + REST;
    for (peer *q = p->peers; q; q = q->next) {
        if (q->twcc && q->twcc->waiting) {
            if (now >= q->twcc->due) twcc_send(q, now);
            else plane_wake(p, q->twcc->due);
        }
        for (stream *s = q->streams; s; s = s->next) stream_tick(s, now);
        for (slot *s = q->slots; s; s = s->next) slot_report(s, now);
        reports_send(q, now);
    }
    serve_late(p, now, clock_now() + TURN);
    if (p->late.first) plane_wake(p, now + LATE_PERIOD);
    tx_flush(p);
    tcp_tick(p, now);
    free_dead(p);
}

double plane_due(const plane *p) { return p->due; }

int plane_has_news(const plane *p) { return p->waiting_count > 0 || p->pending_events > 0; }

/* Something is due then. */
void plane_wake(plane *p, double at) {
    if (at < p->due) p->due = at;
}

int plane_next_datagram(plane *p, struct plane_datagram *out) {
    free(p->handed_out);
    p->handed_out = NULL;
    if (p->waiting_count == 0) return 0;
    waiting_datagram *w = p->waiting + p->waiting_first;
    *out = (struct plane_datagram){.path = w->path, .peer = w->peer, .length = w->length, .data = w->data};
    p->handed_out = w->data;
    p->waiting_first = (p->waiting_first + 1) % WAITING_DATAGRAMS;
    p->waiting_count--;
    return 1;
}

int plane_next_event(plane *p, struct plane_event *out) {
    if (p->pending_events == 0) return 0;
    for (peer *q = p->peers; q; q = q->next) {
        if (q->pending_path_lost) {
            *out = (struct plane_event){.kind = PLANE_PATH_LOST, .stream = q->id};
            q->pending_path_lost = false;
            p->pending_events--;
            return 1;
        }
        for (stream *s = q->streams; s; s = s->next) {
            if (!s->pending_started && !s->pending_stopped) continue;
            bool stopped = s->pending_stopped && !(s->stopped_last && s->pending_started);
            *out = (struct plane_event){stopped ? PLANE_STOPPED : PLANE_STARTED, s->id, s->payload_type};
            if (stopped) s->pending_stopped = false;
            else s->pending_started = false;
            if (!s->pending_started && !s->pending_stopped) p->pending_events--;
            return 1;
        }
    }
    return 0;
}

/* peers */

static peer **path_bucket(plane *p, const struct plane_path *path) {
    const uint8_t *bytes = (const uint8_t *)path;
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof *path; i++) hash = (hash ^ bytes[i]) * 16777619u;
    return p->paths + hash % PATH_BUCKETS;
}

peer *peer_of_path(plane *p, const struct plane_path *path) {
    peer *q = *path_bucket(p, path);
    while (q && memcmp(&q->path, path, sizeof *path) != 0) q = q->next_path;
    return q;
}

static void leave_path(peer *q) {
    if (!q->has_path) return;
    peer **at = path_bucket(q->plane, &q->path);
    while (*at != q) at = &(*at)->next_path;
    *at = q->next_path;
    q->has_path = false;
}

/* The connection that was its path has ended. */
void peer_lose_path(peer *q) {
    leave_path(q);
    if (q->pending_path_lost) return;
    q->pending_path_lost = true;
    q->plane->pending_events++;
}

static group *enter_group(plane *p, uint32_t key) {
    group *g = p->groups;
    while (g && g->key != key) g = g->next;
    if (!g) {
        if (!(g = calloc(1, sizeof *g))) return NULL;
        *g = (group){.next = p->groups, .key = key};
        p->groups = g;
    }
    g->peers++;
    return g;
}

static void leave_group(plane *p, group *g) {
    if (--g->peers) return;
    group **at = &p->groups;
    while (*at != g) at = &(*at)->next;
    *at = g->next;
    free(g);
}

int32_t plane_add_peer(plane *p, uint32_t group_key) {
    peer *q = calloc(1, sizeof *q);
    if (!q) return PLANE_NO_MEMORY;
    q->plane = p;
    q->group = enter_group(p, group_key);
    q->id = q->group ? id_add(&p->peer_ids, q) : PLANE_NO_MEMORY;
    if (q->id < 0) {
        if (q->group) leave_group(p, q->group);
        free(q);
        return PLANE_NO_MEMORY;
    }
    q->next = p->peers;
    p->peers = q;
    return q->id;
}

int plane_set_path(plane *p, int32_t id, const struct plane_path *path) {
    peer *q = id_get(&p->peer_ids, id);
    if (!q) return PLANE_NOT_FOUND;
    if (path->socket >= (uint32_t)p->socket_count && path->socket < SOCKETS) return PLANE_NO_PATH;
    if (path->socket >= SOCKETS && !connection_of(p, path)) { /* it ended before its turn came */
        peer_lose_path(q);
        return PLANE_OK;
    }
    peer *other = peer_of_path(p, path);
    if (other) leave_path(other);
    leave_path(q);
    free(q->consent);
    q->consent = NULL;
    q->path = *path;
    q->has_path = true;
    if (q->pending_path_lost) q->pending_path_lost = false, p->pending_events--;
    q->whole_datagrams = false;
    peer **bucket = path_bucket(p, path);
    q->next_path = *bucket;
    *bucket = q;
    return PLANE_OK;
}

int plane_set_keys(plane *p, int32_t id, uintptr_t receive, uintptr_t send) {
    peer *q = id_get(&p->peer_ids, id);
    if (!q) return PLANE_NOT_FOUND;
    q->receive = (void *)receive;
    q->send = (void *)send;
    for (slot *s = q->slots; s; s = s->next) slot_begin(s, p->now);
    tx_flush(p);
    return PLANE_OK;
}

double plane_heard_at(plane *p, int32_t id) {
    peer *q = id_get(&p->peer_ids, id);
    return q ? q->heard_at : -1;
}

int plane_remove_peer(plane *p, int32_t id) {
    peer *q = id_get(&p->peer_ids, id);
    if (!q) return PLANE_NOT_FOUND;
    while (q->slots) plane_remove_slot(p, q->slots->id);
    while (q->streams) plane_remove_stream(p, q->streams->id);
    leave_path(q);
    if (q->pending_path_lost) p->pending_events--;
    peer **at = &p->peers;
    while (*at != q) at = &(*at)->next;
    *at = q->next;
    id_remove(&p->peer_ids, id);
    leave_group(p, q->group);
    free(q->consent);
    free(q->ssrcs);
    free(q->heard);
    free(q->twcc);
    free(q);
    return PLANE_OK;
}

/* streams */

int32_t plane_add_stream(plane *p, int32_t peer_id, int kind, const struct plane_format *formats, int count,
                         const struct plane_extensions *extensions, const char *mid, const char *rid, int64_t ssrc,
                         int64_t rtx_ssrc) {
    peer *q = id_get(&p->peer_ids, peer_id);
    if (!q) return PLANE_NOT_FOUND;
    if (count > FORMATS) return PLANE_TOO_MANY;
    stream *s = calloc(1, sizeof *s);
    if (!s) return PLANE_NO_MEMORY;
    s->id = id_add(&p->stream_ids, s);
    if (s->id < 0) {
        free(s);
        return PLANE_NO_MEMORY;
    }
    s->plane = p;
    s->peer = q;
    s->kind = kind;
    s->format_count = count;
    memcpy(s->formats, formats, (size_t)count * sizeof *formats);
    s->extensions = *extensions;
    s->cache.group_bytes = &q->group->cached;
    snprintf(s->mid, sizeof s->mid, "%s", mid);
    snprintf(s->rid, sizeof s->rid, "%s", rid);
    s->ssrc_given = s->has_ssrc = ssrc >= 0;
    s->ssrc = (uint32_t)ssrc;
    s->has_rtx_ssrc = rtx_ssrc >= 0;
    s->rtx_ssrc = (uint32_t)rtx_ssrc;
    s->nack_rtt = 0.1;
    s->level = 127;
    s->key_asked_at = -1e9;
    if (extensions->transport_cc) q->transport_cc = extensions->transport_cc;
    s->next = q->streams;
    q->streams = s;
    return s->id;
}

int plane_remove_stream(plane *p, int32_t id) {
    stream *s = id_get(&p->stream_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    id_remove(&p->stream_ids, id);
    stream_drop(s);
    free_dead(p);
    return PLANE_OK;
}

int plane_request_keyframe(plane *p, int32_t id, double now) {
    stream *s = id_get(&p->stream_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    stream_want_keyframe(s, now);
    tx_flush(p);
    return PLANE_OK;
}

int plane_stream_stats(plane *p, int32_t id, struct plane_stream_stats *out) {
    const stream *s = id_get(&p->stream_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    *out = (struct plane_stream_stats){
        .packets = s->packets,
        .bytes = s->bytes,
        .lost = s->lost,
        .nacks_sent = s->nacks_sent,
        .keyframes = s->keyframes,
        .keyframe_requests = s->keyframe_requests,
        .last_packet_at = s->last_packet_at,
        .audio_level = stream_level(s),
    };
    return PLANE_OK;
}

/* slots */

/* Once for every SSRC of a peer: its keys may have protected packets under it, also after its slot is gone. */
static int take_ssrc(peer *q, uint32_t ssrc) {
    for (int i = 0; i < q->ssrc_count; i++)
        if (q->ssrcs[i] == ssrc) return PLANE_IN_USE;
    if (q->ssrc_count == SENT_SSRCS) return PLANE_TOO_MANY;
    uint32_t *ssrcs = realloc(q->ssrcs, (size_t)(q->ssrc_count + 1) * sizeof *ssrcs);
    if (!ssrcs) return PLANE_NO_MEMORY;
    q->ssrcs = ssrcs;
    ssrcs[q->ssrc_count++] = ssrc;
    return PLANE_OK;
}

int32_t plane_add_slot(plane *p, int32_t peer_id, int kind, uint32_t ssrc, uint32_t rtx_ssrc,
                       const struct plane_extensions *extensions, const char *mid, uint16_t seq, uint16_t rtx_seq,
                       uint32_t timestamp) {
    peer *q = id_get(&p->peer_ids, peer_id);
    if (!q) return PLANE_NOT_FOUND;
    int taken = ssrc == 0 || ssrc == OWN_SSRC || ssrc == rtx_ssrc || rtx_ssrc == OWN_SSRC ? PLANE_IN_USE : take_ssrc(q, ssrc);
    if (taken == PLANE_OK && rtx_ssrc) taken = take_ssrc(q, rtx_ssrc);
    if (taken != PLANE_OK) return taken;
    slot *s = calloc(1, sizeof *s);
    if (!s) return PLANE_NO_MEMORY;
    s->id = id_add(&p->slot_ids, s);
    if (s->id < 0) {
        free(s);
        return PLANE_NO_MEMORY;
    }
    s->plane = p;
    s->peer = q;
    s->kind = kind;
    s->ssrc = ssrc;
    s->rtx_ssrc = rtx_ssrc;
    s->extensions = *extensions;
    snprintf(s->mid, sizeof s->mid, "%s", mid);
    s->next_seq = 65536 + (seq & 0x7FFF); /* above 0, which stands for "none" */
    s->rtx_seq = 65536 + (rtx_seq & 0x7FFF);
    s->last_timestamp = timestamp;
    s->next = q->slots;
    q->slots = s;
    return s->id;
}

int plane_remove_slot(plane *p, int32_t id) {
    slot *s = id_get(&p->slot_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    id_remove(&p->slot_ids, id);
    slot_drop(s);
    return PLANE_OK;
}

int plane_slot_stats(plane *p, int32_t id, struct plane_slot_stats *out) {
    const slot *s = id_get(&p->slot_ids, id);
    if (!s) return PLANE_NOT_FOUND;
    *out = (struct plane_slot_stats){
        .packets = s->packets,
        .bytes = s->bytes,
        .nacks_received = s->nacks_received,
        .retransmitted = s->retransmitted,
        .fraction_lost = s->fraction_lost,
        .rtt = s->rtt,
    };
    return PLANE_OK;
}

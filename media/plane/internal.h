/* What the plane's files share. One thread; nothing here is safe to call from two. */
#ifndef PLANE_INTERNAL_H
#define PLANE_INTERNAL_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#pragma GCC visibility push(default)
#include "plane.h"
#pragma GCC visibility pop
#include "rtp.h"

enum {
    DATAGRAM_BYTES = 2048, /* longer datagrams are dropped: nothing of ours is */
    BATCH = 64,
    WAITING_DATAGRAMS = 1024,
    PATH_BUCKETS = 1024,
    SOCKETS = 16,
    FORMATS = 32, /* of a section */
    LABEL_BYTES = 17, /* mid and rid, with their final zero: what a one-byte extension holds (RFC 8285 §4.2) */
    WINDOW = 16384,   /* sequence numbers of a stream that are told apart from repeats */
    MISSING = 1024,
    CLAIMS = 2048, /* sequence numbers of a slot, back from the newest, that may still be sent a first time */
    CACHE_BYTES = 16 << 20,
    GROUP_CACHE_BYTES = 64 << 20, /* of all the streams of a lesson */
    CACHE_ENTRIES = 32768,
    TWCC_WINDOW = 2048,
    RESENT = 128,
    TX_BYTES = 256 << 10,
    TX_MESSAGES = 128,
    TX_PACKETS = 256,
    PACKET_ROOM = DATAGRAM_BYTES + 512, /* a rewritten packet with new extensions and its SRTP trailer */
    TAP_BYTES = 8 << 20,
    HEARD_SSRCS = 1024, /* of one peer, ever: libsrtp keeps state for each, and looks through all of it */
    SENT_SSRCS = 4096,
    OWN_SSRC = 1, /* of our receiver reports and feedback, as Chromium's receive-only side uses */
};

/* Seconds that one call may take. */
static const double TURN = 0.001;

/* Why something was dropped; the names are in counters.c in the same order. */
enum drop {
    DROP_UNKNOWN_PATH,
    DROP_UNKNOWN_KIND,
    DROP_TRUNCATED,
    DROP_QUEUE_FULL,
    DROP_NO_KEYS,
    DROP_UNAUTHENTIC,
    DROP_REPLAYED,
    DROP_MALFORMED,
    DROP_MALFORMED_RTCP,
    DROP_UNKNOWN_SSRC,
    DROP_UNKNOWN_PAYLOAD_TYPE,
    DROP_DUPLICATE,
    DROP_OLD,
    DROP_NOT_PROTECTED,
    DROP_SEND_BUFFER_FULL,
    DROP_SEND_FAILED,
    DROP_NO_MEMORY,
    DROP_RETRANSMISSION_LIMIT,
    DROP_TAP_FULL,
    DROP_TCP_REFUSED,   /* a connection beyond what one address, or all, may have */
    DROP_TCP_MALFORMED, /* a connection that brought no frames of ours: closed */
    DROP_TCP_SILENT,    /* a connection by which nobody let himself be known: closed */
    DROP_TCP_LATE,
    DROPS
};

enum { DELAY_BUCKETS = 11 };

/* In what order things leave a connection that has no room for all. */
enum urgency { CONTROL, AUDIO, VIDEO, URGENCIES };

typedef int (*srtp_call)(void *context, void *data, int *length);
typedef struct peer peer;
typedef struct stream stream;
typedef struct slot slot;
typedef struct packet packet;
typedef struct connection connection;
typedef struct tcp tcp;

/* cache.c: packets of the last two seconds, by sequence number */

struct packet {
    packet *next, *next_dead; /* of the same stream in this turn; of those to be freed after it */
    int64_t seq; /* extended */
    uint32_t epoch;
    double arrival;
    rtp_header header;
    bool keyframe; /* the first packet of one */
    uint16_t length;
    uint8_t data[];
};

typedef struct {
    packet **entries;
    uint32_t size; /* a power of two */
    int64_t lowest, highest;
    size_t bytes;
    size_t *group_bytes; /* of all caches of the lesson, this one's included */
} packet_cache;

packet *cache_get(const packet_cache *cache, int64_t seq);
bool cache_put(plane *p, packet_cache *cache, packet *item);
void cache_expire(plane *p, packet_cache *cache, double before);
void cache_clear(plane *p, packet_cache *cache);
void bury(plane *p, packet *item);

/* stream.c, loss.c */

typedef struct {
    int64_t seq;
    double found, sent;
    int tries;
} missing_packet;

typedef struct {
    bool known;
    uint64_t ntp;
    uint32_t rtp;
    double arrival;
} sender_report;

struct stream {
    int32_t id;
    int kind;
    plane *plane;
    peer *peer;
    stream *next; /* of the same peer */
    struct plane_format formats[FORMATS];
    int format_count;
    struct plane_extensions extensions;
    char mid[LABEL_BYTES], rid[LABEL_BYTES];
    bool ssrc_given, has_ssrc, has_rtx_ssrc;
    uint32_t ssrc, rtx_ssrc;

    uint32_t epoch; /* counts the times that its sequence began anew */
    bool heard;     /* since the epoch began */
    bool announced;
    uint8_t payload_type;
    int64_t first, highest;
    uint64_t seen[WINDOW / 64];
    packet_cache cache;

    missing_packet missing[MISSING];
    int missing_count;
    double nack_rtt;

    uint32_t key_timestamp;
    int64_t key_seq;
    size_t group_bytes; /* of packets since that keyframe began */
    bool has_key, key_wanted;
    double key_asked_at;

    packet *arrived, **arrived_end; /* in this turn */
    stream *next_arrived;
    slot **slots;
    int slot_count, slot_room;
    unsigned turn;

    sender_report report;
    uint64_t received, reported_received; /* without what was retransmitted; for the receiver reports */
    int64_t reported_expected;
    double jitter; /* RFC 3550 §A.8, in timestamp units */
    uint32_t transit;
    bool has_transit;
    double level;
    uint64_t packets, bytes, lost, nacks_sent, keyframes, keyframe_requests;
    double last_packet_at;

    bool tapped;
    uint32_t tag, tap_dropped;
    bool pending_started, pending_stopped, stopped_last;
};

stream *stream_of_packet(peer *q, const uint8_t *data, const rtp_header *h, bool *rtx);
void stream_receive(stream *s, const uint8_t *data, int length, const rtp_header *h, double arrival, bool repaired);
void stream_receive_rtx(stream *s, uint8_t *data, int length, const rtp_header *h, double arrival);
void stream_new_ssrc(stream *s, uint32_t ssrc);
void stream_want_keyframe(stream *s, double now);
void stream_bye(stream *s);
void stream_tick(stream *s, double now);
void stream_drop(stream *s);
const struct plane_format *stream_format(const stream *s, uint8_t payload_type);
int stream_level(const stream *s);
double stream_rate(const stream *s, double now);

void loss_gap(stream *s, int64_t from, int64_t to, double now);
void loss_found(stream *s, int64_t seq, double now);
void loss_send(stream *s, double now);

/* slot.c */

typedef struct {
    int64_t seq;
    double at;
} resend;

typedef struct {
    int64_t seq; /* of the slot; 0: empty */
    uint32_t abs_send_time;
    uint16_t transport_cc;
} slot_sent;

struct slot {
    int32_t id;
    int kind;
    plane *plane;
    peer *peer;
    slot *next; /* of the same peer */
    stream *stream;
    stream *awaited; /* takes the place of `stream` at its next keyframe */
    uint32_t ssrc, rtx_ssrc;
    struct plane_extensions extensions;
    char mid[LABEL_BYTES];
    struct plane_mapping formats[FORMATS], awaited_formats[FORMATS];
    int format_count, awaited_count;

    bool started; /* the stream that is bound has been forwarded from its keyframe on */
    uint32_t epoch;
    int64_t first_in, offset; /* what goes out as number n came in as n - offset, and not before first_in */
    uint32_t timestamp_offset;
    uint16_t frame_offset, last_frame;
    bool has_frame;

    int64_t cursor; /* the next packet of the stream that is to be sent */
    struct serving_queue *queue;
    slot *next_queued;
    double allowance, paced_at; /* of a late joiner: bytes; token bucket */

    int64_t next_seq, rtx_seq;
    uint64_t claimed[CLAIMS / 64];
    slot_sent *sent; /* of receivers without RTX, who get the identical bytes again */
    int sent_size;
    resend *resent; /* NULL: nothing was yet */
    double resend_budget, resend_at; /* bytes; token bucket */
    bool has_sent;
    uint32_t last_timestamp;
    double last_at;

    double report_at;
    struct {
        uint32_t ntp;
        double at;
    } reports[4];
    unsigned report_next;
    uint64_t packets, bytes, nacks_received, retransmitted;
    double fraction_lost, rtt;
};

void slot_hear(slot *s, stream *from, double now);
void slot_stop(slot *s);
bool slot_is_reachable(const slot *s);
void slot_begin(slot *s, double now);
void slot_nack(slot *s, uint16_t seq, double now);
void slot_leave(slot *s, stream *from);
void slot_report(slot *s, double now);
void slot_received_report(slot *s, const uint8_t *block, double now);
void slot_drop(slot *s);
const struct plane_mapping *slot_mapping(const slot *s, uint8_t payload_type);
void slot_send(slot *s, const packet *item, const struct plane_mapping *mapping, double now, double arrival);

/* rewrite.c */

typedef struct {
    uint32_t ssrc, timestamp;
    uint16_t seq;
    uint8_t payload_type;
    int original; /* sequence number that RTX repairs; -1: none */
    uint32_t abs_send_time;
    uint16_t transport_cc;
} stamp;

bool transmit(slot *s, const packet *item, const stamp *with, double arrival);

/* serving.c */

typedef struct serving_queue {
    slot *first, *last;
    int count;
} serving_queue;

const packet *late_start(const stream *from, double now);
void serving_join(slot *s);
void serving_join_late(slot *s, double now);
void serving_leave(slot *s);
void serve_now(slot *s, double now);
void serve_ready(plane *p, double now, double end);
void serve_late(plane *p, double now, double end);

/* feedback.c */

typedef struct {
    bool started, waiting;
    int64_t next, highest; /* the first number not yet reported; the highest that came */
    double arrivals[TWCC_WINDOW]; /* 0: did not come */
    uint8_t count;
    double due;
} twcc_state;

void twcc_record(peer *q, uint16_t seq, double arrival, double now);
void twcc_send(peer *q, double now);
void reports_send(peer *q, double now);

/* sha1.c, consent.c */

enum { SHA1_BYTES = 20 };
typedef struct {
    uint32_t inner[5], outer[5];
} hmac_key;

/* The check that the peer's path was last heard by in Python; one like it is answered here. */
typedef struct {
    hmac_key key;
    uint32_t priority;
    int username_length;
    uint8_t username[];
} consent;

void hmac_sha1_key(hmac_key *key, const uint8_t *secret, int length);
void hmac_sha1(const hmac_key *key, const uint8_t *data, int length, uint8_t out[SHA1_BYTES]);
bool consent_renew(peer *q, const uint8_t *data, int length, double now);

/* rtcp.c */

void rtcp_receive(peer *q, const uint8_t *data, int length, double arrival, double now);
int rtcp_header(uint8_t *out, int count, int type, int bytes);
int rtcp_source_description(uint8_t *out, uint32_t ssrc);
void rtcp_send(peer *q, uint8_t *data, int length);
void rtcp_send_pli(peer *q, uint32_t ssrc);

/* plane.c */

typedef struct group {
    struct group *next;
    uint32_t key;
    int peers;
    size_t cached; /* bytes */
} group;

struct peer {
    int32_t id;
    plane *plane;
    group *group; /* its lesson */
    peer *next, *next_path;
    bool has_path, whole_datagrams; /* whole_datagrams: its way takes no segmented sends */
    bool pending_path_lost;
    struct plane_path path;
    consent *consent;     /* NULL: Python sees every check */
    void *receive, *send; /* libsrtp contexts; NULL before the keys */
    stream *streams;
    slot *slots;
    uint32_t *ssrcs; /* all that were ever sent under its keys */
    int ssrc_count;
    uint32_t *heard; /* all SSRCs that authentic packets came from */
    int heard_count;
    uint8_t transport_cc;   /* id of the extension in what it sends */
    uint16_t next_transport_cc; /* of what it is sent */
    uint32_t last_media_ssrc;
    twcc_state *twcc;
    double report_at;
    double heard_at; /* when an authentic packet of it came last */
};

typedef struct {
    void **items;
    uint16_t *generations;
    int size, kind;
} id_table;

void *id_get(const id_table *table, int32_t id);
int32_t id_add(id_table *table, void *item);
void id_remove(id_table *table, int32_t id);

typedef struct {
    struct plane_path path;
    int32_t peer;
    int length;
    uint8_t *data;
} waiting_datagram;

typedef struct {
    struct plane_path path;
    int32_t peer;
    uint32_t start, length;
    uint16_t segment;
    uint16_t first, count; /* packets, of tx.arrivals and tx.lengths */
    bool closed;
} tx_message;

typedef struct {
    uint8_t *buffer;
    uint32_t used;
    tx_message messages[TX_MESSAGES];
    int message_count;
    double arrivals[TX_PACKETS]; /* of forwarded packets; 0: not measured */
    uint16_t lengths[TX_PACKETS];
    int packet_count;
} tx_queue;

typedef struct {
    uint8_t *ring;
    uint32_t start, used;
} tap_ring;

struct plane {
    srtp_call protect, unprotect, protect_rtcp, unprotect_rtcp;
    int sockets[SOCKETS], socket_count;
    bool segments; /* the kernel knows UDP_SEGMENT */
    double now;    /* the latest time that was given */
    double ahead;  /* of this machine's CLOCK_MONOTONIC; 0 but in tests */
    double due;    /* when there is something for plane_tick to do */
    double stirred_at; /* when media, or something for Python, came last */
    struct receive_buffers *receive;
    tx_queue tx;
    tap_ring tap;
    tcp *tcp;          /* NULL without listeners */
    connection *dirty; /* something was put out for them */
    id_table peer_ids, stream_ids, slot_ids, connection_ids;
    peer *peers;
    peer *paths[PATH_BUCKETS];
    group *groups;
    stream *arrived; /* streams that got packets in this turn */
    serving_queue ready, late;
    int late_left; /* of those who are late: not yet served in this round */
    packet *dead;
    waiting_datagram waiting[WAITING_DATAGRAMS];
    int waiting_first, waiting_count;
    uint8_t *handed_out;
    int pending_events;
    uint64_t received, forwarded, accepted, consents, drops[DROPS], delays[DELAY_BUCKETS];
    uint64_t lost;
    double delay_sum;
};

peer *peer_of_path(plane *p, const struct plane_path *path);
void peer_lose_path(peer *q);
void plane_drop(plane *p, enum drop why);
void plane_wake(plane *p, double at);
void plane_forward_arrived(plane *p, double now);

/* io.c */

enum datagram_kind { UNKNOWN_DATAGRAM, STUN_DATAGRAM, DTLS_DATAGRAM, SRTP_DATAGRAM };

struct receive_buffers *receive_buffers_new(void);
double clock_now(void);
enum datagram_kind datagram_kind(const uint8_t *data, int length);
void path_set_remote(struct plane_path *path, const struct sockaddr_storage *from);
void path_set_local(struct plane_path *path, const struct sockaddr_storage *of);
void receive_datagram(plane *p, const struct plane_path *path, uint8_t *data, int length, double arrival, double now);
uint8_t *tx_room(plane *p);
void tx_commit(peer *q, enum urgency urgency, int length, double arrival);
void tx_flush(plane *p);
void measure_delay(plane *p, double delay);

/* tcp.c, outbox.c */

typedef struct frame frame;
typedef struct {
    frame *first, **end;
    uint32_t bytes;
} frame_list;

enum { WRITE_BYTES = 3000 };

struct connection {
    int32_t id;
    plane *plane;
    connection *next, **before, *next_dirty;
    int fd;
    struct plane_path path;
    bool greeted; /* a STUN message came by it */
    bool ended, dirty, waits_for_room;
    double opened_at, answered_at; /* answered_at: when Python last sent by it, which it does to none but its peers */

    frame_list waiting[URGENCIES];
    bool lagging; /* no picture is taken until those that wait have gone */
    double measured_at, rate, most_on_the_way; /* bytes a second; bytes, before a picture waits */
    uint64_t acknowledged;
    double resume_at, pause; /* when a keyframe may be asked for again */
    uint32_t out_length, out_written;
    uint16_t in_length;
    uint8_t in[DATAGRAM_BYTES + 2];
    uint8_t out[WRITE_BYTES + PACKET_ROOM + 2];
};

connection *connection_of(plane *p, const struct plane_path *path);
void connection_end(connection *c);
bool connection_is_full(connection *c);
void connection_await_room(connection *c, bool wait);
void tcp_tick(plane *p, double now);
void tcp_free(plane *p);
int tcp_count(const plane *p);

void outbox_put(connection *c, enum urgency urgency, const uint8_t *data, int length, double arrival);
bool outbox_holds(const peer *q, bool going, double now);
void outbox_expire(connection *c, double now);
void outbox_write(connection *c);
void outbox_flush(plane *p);
void outbox_clear(connection *c);

/* tap.c */

enum { TAP_RTP = 1, TAP_SENDER_REPORT = 2 };
void tap_write(stream *s, int type, double arrival, const uint8_t *data, uint32_t length);

#endif

/* The plane's binary interface. cffi reads this file as it is: declarations only. Times are seconds of CLOCK_MONOTONIC,
 * ids are positive, and a function that takes an id of something that is not there answers PLANE_NOT_FOUND. */

typedef struct plane plane;

enum { PLANE_OK = 0, PLANE_NOT_FOUND = -1, PLANE_NO_MEMORY = -2, PLANE_NO_PATH = -3, PLANE_IN_USE = -4, PLANE_TOO_MANY = -5 };
enum { PLANE_AUDIO = 0, PLANE_VIDEO = 1 };
enum { PLANE_H264 = 1, PLANE_H265 = 2, PLANE_VP9 = 3, PLANE_AV1 = 4, PLANE_OPUS = 5 };
enum { PLANE_STARTED = 1, PLANE_STOPPED = 2, PLANE_PATH_LOST = 3 };

/* Where a datagram came from and where it arrived. No padding, so that equal paths are equal bytes. */
struct plane_path {
    uint32_t socket; /* or TCP connection */
    uint16_t family; /* 4 or 6 */
    uint16_t port;   /* remote, network order */
    uint8_t remote[16];
    uint8_t local[16];
    uint32_t scope; /* interface of a link-local IPv6 address */
};

struct plane_datagram {
    struct plane_path path;
    int32_t peer; /* 0: none has this path */
    int32_t length;
    uint8_t *data; /* valid until the next call of plane_next_datagram */
};

struct plane_event {
    int32_t kind;
    int32_t stream; /* PLANE_PATH_LOST: the peer */
    int32_t payload_type;
};

struct plane_extensions {
    uint8_t mid, rid, repaired_rid, abs_send_time, transport_cc, audio_level, dependency_descriptor;
};

struct plane_format {
    uint8_t payload_type;
    uint8_t codec;
    uint8_t rtx;
    uint32_t clock_rate;
};

struct plane_mapping {
    uint8_t from, to, rtx;
};

struct plane_stream_stats {
    uint64_t packets, bytes, lost, nacks_sent, keyframes, keyframe_requests;
    double last_packet_at;
    int32_t audio_level;
};

struct plane_slot_stats {
    uint64_t packets, bytes, nacks_received, retransmitted;
    double fraction_lost, rtt;
};

/* The addresses of libsrtp's srtp_protect, srtp_unprotect, srtp_protect_rtcp and srtp_unprotect_rtcp. */
plane *plane_new(uintptr_t protect, uintptr_t unprotect, uintptr_t protect_rtcp, uintptr_t unprotect_rtcp);
void plane_free(plane *p);

int plane_add_socket(plane *p, int fd, int family); /* its index, or -errno */
void plane_read(plane *p, int socket, double now);
int plane_add_listener(plane *p, int fd); /* PLANE_OK, or -errno */
int plane_connections_fd(plane *p);       /* readable when plane_read_connections has something to do; -1 without listeners */
void plane_read_connections(plane *p, double now);
int plane_is_unfinished(const plane *p);   /* whether a turn ended before all was sent: then plane_go_on */
int plane_is_quiet(const plane *p); /* whether for a second nothing came but consent and reports */
/* Sleeps, and answers consent, while that is so: until `until`, or `fd` is readable, or something is due or has come. */
void plane_doze(plane *p, int fd, double until);
void plane_go_on(plane *p, double now);
void plane_tick(plane *p, double now);
double plane_due(const plane *p);  /* when plane_tick has something to do */
int plane_has_news(const plane *p); /* whether plane_next_datagram or plane_next_event has something */
int plane_next_datagram(plane *p, struct plane_datagram *out); /* 1, or 0 when none waits */
int plane_next_event(plane *p, struct plane_event *out);
int plane_send(plane *p, const struct plane_path *path, const uint8_t *data, int length);

int32_t plane_add_peer(plane *p, uint32_t group);
int plane_set_path(plane *p, int32_t peer, const struct plane_path *path);
/* Checks with this USERNAME that come by the peer's path, up to this priority, are answered from now on, and count as heard;
 * until another path is set, or this is called without a name. */
int plane_set_consent(plane *p, int32_t peer, const uint8_t *username, int username_length, const uint8_t *password,
                      int password_length, uint32_t priority);
int plane_set_keys(plane *p, int32_t peer, uintptr_t receive, uintptr_t send);
int plane_remove_peer(plane *p, int32_t peer);
double plane_heard_at(plane *p, int32_t peer); /* 0 before its first authentic packet, -1 for none such */

int32_t plane_add_stream(plane *p, int32_t peer, int kind, const struct plane_format *formats, int count,
                         const struct plane_extensions *extensions, const char *mid, const char *rid, int64_t ssrc,
                         int64_t rtx_ssrc);
int plane_remove_stream(plane *p, int32_t stream);
int plane_request_keyframe(plane *p, int32_t stream, double now);
int plane_tap(plane *p, int32_t stream, int on, uint32_t tag);
int plane_read_tap(plane *p, uint8_t *out, int most);
int plane_stream_stats(plane *p, int32_t stream, struct plane_stream_stats *out);

/* seq and rtx_seq are the first sequence numbers, below 2^15; timestamp is the first timestamp. */
int32_t plane_add_slot(plane *p, int32_t peer, int kind, uint32_t ssrc, uint32_t rtx_ssrc,
                       const struct plane_extensions *extensions, const char *mid, uint16_t seq, uint16_t rtx_seq,
                       uint32_t timestamp);
/* stream 0: empty; keep: what is shown stays until the stream's next keyframe */
int plane_bind(plane *p, int32_t slot, int32_t stream, const struct plane_mapping *formats, int count, int keep);
int plane_remove_slot(plane *p, int32_t slot);
int plane_slot_stats(plane *p, int32_t slot, struct plane_slot_stats *out);

/* The n-th counter; NULL after the last. */
const char *plane_counter(plane *p, int n, double *value);

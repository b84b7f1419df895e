/* libFuzzer's way into the forwarding plane: whatever authentic peers send, behind a cipher that only pretends.
 *
 * An input is a list of steps, each one byte of kind and what that kind takes. Beside the sanitizers' checks one rule is
 * held: no two packets leave under one SSRC and index (RFC 3711 §9.1), for with GCM that would give the key away. */
#include "internal.h"

#include <netinet/in.h>
#include <stdio.h>

enum { TRAILER = 16, RTCP_TRAILER = 20, WINDOW_BACK = 1024, SENT = 1 << 13, STREAMS = 3, SLOTS = 6, FORMAT_COUNT = 5 };

/* the cipher */

static struct {
    uint32_t ssrc;
    int64_t index;
    uint64_t content;
} sent[SENT];
static struct {
    uint32_t ssrc;
    int64_t highest;
} indexes[64];
static int index_count;

static uint64_t hash(const uint8_t *data, int length) {
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (int i = 0; i < length; i++) h = (h ^ data[i]) * 1099511628211u;
    return h ? h : 1;
}

static int protect(void *context, void *packet, int *length) {
    (void)context;
    const uint8_t *data = packet;
    uint32_t ssrc = get32(data + 8);
    int at = 0;
    while (at < index_count && indexes[at].ssrc != ssrc) at++;
    if (at == index_count) {
        if (at == (int)(sizeof indexes / sizeof *indexes)) abort();
        indexes[index_count].ssrc = ssrc;
        indexes[index_count++].highest = 65536 + get16(data + 2);
    }
    int64_t index = extend(get16(data + 2), indexes[at].highest);
    if (index <= indexes[at].highest - WINDOW_BACK) return 10; /* srtp_err_status_replay_old */
    if (index > indexes[at].highest) indexes[at].highest = index;
    uint64_t content = hash(data, *length);
    size_t key = ((size_t)ssrc * 2654435761u + (size_t)index * 40503u) & (SENT - 1);
    while (sent[key].content && (sent[key].ssrc != ssrc || sent[key].index != index)) key = (key + 1) & (SENT - 1);
    if (sent[key].content && sent[key].content != content) {
        fprintf(stderr, "two packets under SSRC %u and index %lld\n", ssrc, (long long)index);
        abort();
    }
    sent[key].ssrc = ssrc;
    sent[key].index = index;
    sent[key].content = content;
    memset((uint8_t *)packet + *length, 0, TRAILER);
    *length += TRAILER;
    return 0;
}

/* What comes in has no trailer: where the packet ends, its memory ends. */
static int unprotect(void *context, void *packet, int *length) {
    (void)context, (void)packet, (void)length;
    return 0;
}

static int protect_rtcp(void *context, void *packet, int *length) {
    (void)context;
    memset((uint8_t *)packet + *length, 0, RTCP_TRAILER);
    *length += RTCP_TRAILER;
    return 0;
}

/* nothing leaves this process (-Wl,--wrap) */

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    (void)fd, (void)messages, (void)flags;
    return (int)count;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
    (void)fd, (void)flags;
    return (ssize_t)message->msg_iov->iov_len;
}

/* the scene: a publisher of two layers and a voice; a subscriber with a slot of each kind with RTX and without */

static const struct plane_format FORMAT[FORMAT_COUNT] = {
    {96, PLANE_H264, 97, 90000}, {98, PLANE_H265, 99, 90000}, {100, PLANE_VP9, 101, 90000},
    {102, PLANE_AV1, 103, 90000}, {111, PLANE_OPUS, 0, 48000},
};
static const struct plane_extensions ALL = {1, 2, 3, 4, 5, 6, 7};

typedef struct {
    plane *plane;
    int32_t publisher, subscriber, streams[STREAMS], slots[SLOTS];
    struct plane_path paths[2];
    uint16_t seq[STREAMS];
    double now;
} scene;

static const char *const RIDS[STREAMS] = {"h", "l", ""};

static int32_t add_stream(scene *s, int n) {
    return plane_add_stream(s->plane, s->publisher, n == 2 ? PLANE_AUDIO : PLANE_VIDEO, FORMAT, FORMAT_COUNT, &ALL,
                            n == 2 ? "a" : "v", RIDS[n], n == 2 ? 7 : -1, -1);
}

static void bind_to(scene *s, int slot, int32_t stream, bool keep) {
    struct plane_mapping same[FORMAT_COUNT];
    for (int i = 0; i < FORMAT_COUNT; i++)
        same[i] = (struct plane_mapping){FORMAT[i].payload_type, FORMAT[i].payload_type, slot & 1 ? FORMAT[i].rtx : 0};
    plane_bind(s->plane, s->slots[slot], stream, same, FORMAT_COUNT, keep);
}

/* One plane lives through all inputs, so that they meet each other's leavings too; and it is far faster. */
static plane *only_plane(void) {
    static plane *p;
    if (p) return p;
    p = plane_new((uintptr_t)protect, (uintptr_t)unprotect, (uintptr_t)protect_rtcp, (uintptr_t)unprotect);
    if (!p || plane_add_socket(p, socket(AF_INET, SOCK_DGRAM, 0), AF_INET) != 0) abort();
    return p;
}

static void set_scene(scene *s) {
    memset(sent, 0, sizeof sent);
    index_count = 0;
    *s = (scene){.plane = only_plane(), .now = 1000};
    plane_tick(s->plane, s->now);
    s->publisher = plane_add_peer(s->plane, 1);
    s->subscriber = plane_add_peer(s->plane, 1);
    for (int i = 0; i < 2; i++) {
        s->paths[i] = (struct plane_path){.family = 4, .port = htons((uint16_t)(1000 + i)), .remote = {127, 0, 0, 1}};
        plane_set_path(s->plane, i ? s->subscriber : s->publisher, s->paths + i);
        plane_set_keys(s->plane, i ? s->subscriber : s->publisher, 1, 1);
    }
    plane_set_consent(s->plane, s->subscriber, (const uint8_t *)"s:c", 3, (const uint8_t *)"password", 8, 100);
    for (int n = 0; n < STREAMS; n++) {
        s->streams[n] = add_stream(s, n);
        plane_tap(s->plane, s->streams[n], 1, (uint32_t)n);
    }
    for (int n = 0; n < SLOTS; n++) {
        bool rtx = n & 1;
        s->slots[n] = plane_add_slot(s->plane, s->subscriber, n / 2 == 2 ? PLANE_AUDIO : PLANE_VIDEO, 100 + (uint32_t)n,
                                     rtx ? 200 + (uint32_t)n : 0, &ALL, "0", 30000, 5, 77);
        bind_to(s, n, s->streams[n / 2], false);
    }
}

/* input */

typedef struct {
    const uint8_t *at, *end;
} reader;

static uint8_t take(reader *r) { return r->at < r->end ? *r->at++ : 0; }

static int take_bytes(reader *r, uint8_t *out, int most) {
    int length = take(r) | (take(r) & 7) << 8;
    if (length > most) length = most;
    if (length > r->end - r->at) length = (int)(r->end - r->at);
    memcpy(out, r->at, (size_t)length);
    r->at += length;
    return length;
}

/* From memory of just its size, so that a byte read beyond it is one too many. */
static void deliver(scene *s, int from, const uint8_t *data, int length) {
    if (length == 0) return;
    uint8_t *datagram = malloc((size_t)length);
    memcpy(datagram, data, (size_t)length);
    s->plane->now = s->now;
    receive_datagram(s->plane, s->paths + from, datagram, length, s->now, s->now);
    free(datagram);
    plane_forward_arrived(s->plane, s->now);
}

/* Those that a packet of the layer carries; or any, in a block of the right length. */
static int write_extensions(scene *s, reader *r, int n, int kind, bool repair, uint8_t *out) {
    int length = 12;
    memset(out, 0, 4 + 12);
    if (kind & 32) {
        length = (take_bytes(r, out + 4, 64) + 3) & ~3;
    } else {
        out[4] = 0x10, out[5] = n == 2 ? 'a' : 'v';
        if (n != 2) out[6] = repair ? 0x30 : 0x20, out[7] = (uint8_t)RIDS[n][0];
        out[8] = 0x51, put16(out + 9, s->seq[n]);
    }
    put16(out, kind & 64 ? 0x1000 : 0xBEDE);
    put16(out + 2, (uint16_t)(length / 4));
    return 4 + length;
}

/* A well-formed packet of a layer: where its number stands, what it is, its extensions, and a payload. */
static void send_packet(scene *s, reader *r, uint8_t *data) {
    int n = take(r) % STREAMS, jump = (int8_t)take(r), kind = take(r);
    s->seq[n] = (uint16_t)(s->seq[n] + jump);
    const struct plane_format *format = FORMAT + (n == 2 ? 4 : kind % 4);
    bool repair = kind & 4 && format->rtx;
    data[0] = 0x90 | (kind & 8 ? 0x20 : 0);
    data[1] = (uint8_t)((kind & 16 ? 0x80 : 0) | (repair ? format->rtx : format->payload_type));
    put16(data + 2, s->seq[n]);
    put32(data + 4, s->seq[n] * 100u);
    put32(data + 8, n == 2 ? 7 : 10 + (uint32_t)n + (repair ? 10 : 0));
    int length = 12 + write_extensions(s, r, n, kind, repair, data + 12);
    length += take_bytes(r, data + length, 1200);
    deliver(s, 0, data, length);
}

static void send_nack(scene *s, reader *r, uint8_t *data) {
    int n = take(r) % SLOTS;
    data[0] = 0x81, data[1] = 205;
    put16(data + 2, 3);
    put32(data + 4, 1);
    put32(data + 8, 100 + (uint32_t)n);
    put16(data + 12, (uint16_t)(30000 + take(r)));
    data[14] = take(r), data[15] = take(r);
    deliver(s, 1, data, 16);
}

/* A consent check whose integrity is right, with any attributes, and anything after it. */
static void send_check(scene *s, reader *r, uint8_t *data) {
    hmac_key key;
    hmac_sha1_key(&key, (const uint8_t *)"password", 8);
    put32(data, 0x00010000);
    put32(data + 4, 0x2112A442);
    memset(data + 8, 0, 12);
    memcpy(data + 20, "\0\6\0\3s:c", 8);
    int at = 28 + (take_bytes(r, data + 28, 600) & ~3);
    put16(data + 2, (uint16_t)(at + 24 - 20));
    put32(data + at, 0x00080014);
    hmac_sha1(&key, data, at, data + at + 4);
    at += 24;
    at += take_bytes(r, data + at, 40) & ~3;
    put16(data + 2, (uint16_t)(at - 20));
    deliver(s, 1, data, at);
}

static void drain(scene *s) {
    struct plane_datagram datagram;
    struct plane_event event;
    uint8_t tap[4096];
    double value;
    while (plane_next_datagram(s->plane, &datagram)) continue;
    while (plane_next_event(s->plane, &event)) continue;
    while (plane_read_tap(s->plane, tap, sizeof tap)) continue;
    for (int n = 0; plane_counter(s->plane, n, &value); n++) continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    scene s;
    uint8_t data[DATAGRAM_BYTES];
    set_scene(&s);
    for (reader r = {input, input + size}; r.at < r.end;) {
        uint8_t step = take(&r);
        switch (step & 7) {
        case 0: deliver(&s, 0, data, take_bytes(&r, data, 1500)); break;
        case 1:
            if (step & 16) send_check(&s, &r, data);
            else deliver(&s, 1, data, take_bytes(&r, data, 1500));
            break;
        case 2:
        case 3: send_packet(&s, &r, data); break;
        case 4: send_nack(&s, &r, data); break;
        case 5: {
            uint8_t which = take(&r);
            bind_to(&s, which % SLOTS, which & 64 ? 0 : s.streams[which / 8 % STREAMS], which >> 7);
            break;
        }
        case 6:
            s.now += take(&r) * 0.004;
            plane_tick(s.plane, s.now);
            drain(&s);
            break;
        default: {
            int n = take(&r) % STREAMS;
            plane_remove_stream(s.plane, s.streams[n]);
            s.streams[n] = add_stream(&s, n);
        }
        }
        if (step & 8) plane_go_on(s.plane, s.now); /* else the turn is over, and more comes first */
    }
    drain(&s);
    plane_remove_peer(s.plane, s.publisher);
    plane_remove_peer(s.plane, s.subscriber);
    return 0;
}

#ifndef TONGKE_LOAD_INTERNAL_H
#define TONGKE_LOAD_INTERNAL_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"

enum {
    CLIENTS = 512,
    GROUPS = 2,
    RING = 1 << 17,   /* packets of which it is known when they were sent: a minute at 2,000 a second */
    KEPT = 1 << 12,   /* packets that can be sent again */
    WINDOW = 1 << 16, /* packets of a kind in one window at most */
    LONGEST = 1500,
    BATCH = 64,
    WAITING = 512,
    CHECK_EVERY = 100,
    FINE = 50000, /* bins of 10 µs, up to 500 ms */
    COARSE = 60000 /* bins of 1 ms */
};

typedef int (*srtp_call)(void *context, void *data, int *length);

struct sent {
    int64_t at_ns;
    uint64_t frame; /* index of the frame's first packet */
    uint16_t size;
    uint8_t flags;
};

struct kept {
    uint16_t length;
    uint8_t data[LONGEST];
};

/* What a subscriber gets of one kind. An extended sequence number and `offset` are the index that the publisher gave. */
struct inbound {
    bool started, mapped;
    int64_t high, offset;
    uint64_t first_index, received;
    uint64_t key_first, key_count;
    int64_t key_last;
    uint8_t *seen;
};

struct client {
    bool used, publisher;
    int fd, group;
    void *receive, *send;
    uint8_t payload_type[LOAD_KINDS];
    uint32_t ssrc, heard_ssrc[LOAD_KINDS], overflow;
    int64_t report_ns, first_frame_ns;
    struct inbound in[LOAD_KINDS];
};

struct engine {
    srtp_call protect, unprotect, protect_rtcp, unprotect_rtcp;
    pthread_mutex_t lock;
    int event_fd;
    bool stopping, restart;

    struct load_step *steps, *next_steps;
    int count, next_count, at;
    uint32_t period_us, next_period_us;
    int64_t video_base_ns, audio_due_ns;

    int publisher;
    struct load_sending sending;
    uint64_t next_index[LOAD_KINDS], frame, octets[LOAD_KINDS];
    uint32_t timestamp[LOAD_KINDS], loop_timestamp;
    uint16_t transport_cc;
    struct sent *sent[LOAD_KINDS];
    struct kept *kept[LOAD_KINDS];
    uint8_t pool[1 << 13];

    struct client clients[CLIENTS];
    int client_count;
    uint64_t from[LOAD_KINDS], to[LOAD_KINDS];
    bool window_open;
    uint32_t *bins[GROUPS][LOAD_KINDS];
    uint64_t delivered[GROUPS][LOAD_KINDS], doubled[GROUPS][LOAD_KINDS];
    struct load_totals totals;

    struct load_control waiting[WAITING];
    unsigned head, tail;
};

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline void put16(uint8_t *at, unsigned value) {
    at[0] = value >> 8;
    at[1] = value;
}

static inline void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static inline unsigned get16(const uint8_t *at) { return at[0] << 8 | at[1]; }

static inline uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

/* publish.c */
int64_t publish_due(engine *e, int64_t now); /* sends what is due; when the next is */
void fill(const engine *e, int kind, uint32_t index, int size, int flags, uint8_t *out);
/* drain.c */
void drain(engine *e, int client);
void report(engine *e, int client, int64_t now);
/* engine.c */
void hand_over(engine *e, int client, const uint8_t *data, int length);
#endif

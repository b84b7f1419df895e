/* RTP headers and their extensions, and numbers as the network writes them. */
#ifndef PLANE_RTP_H
#define PLANE_RTP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool marker;
    uint8_t payload_type;
    uint16_t seq;
    uint32_t timestamp, ssrc;
    uint16_t profile; /* of the extension block; 0: none */
    uint16_t extension, extension_length;
    uint16_t payload, payload_length; /* without the padding */
    uint8_t padding;
} rtp_header;

typedef struct {
    uint8_t id, length;
    const uint8_t *data;
} rtp_element;

static inline uint16_t get16(const uint8_t *b) { return (uint16_t)(b[0] << 8 | b[1]); }
static inline uint32_t get24(const uint8_t *b) { return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2]; }
static inline uint32_t get32(const uint8_t *b) { return (uint32_t)get16(b) << 16 | get16(b + 2); }
static inline uint64_t get64(const uint8_t *b) { return (uint64_t)get32(b) << 32 | get32(b + 4); }
static inline void put16(uint8_t *b, uint16_t v) { b[0] = (uint8_t)(v >> 8), b[1] = (uint8_t)v; }
static inline void put24(uint8_t *b, uint32_t v) { b[0] = (uint8_t)(v >> 16), put16(b + 1, (uint16_t)v); }
static inline void put32(uint8_t *b, uint32_t v) { put16(b, (uint16_t)(v >> 16)), put16(b + 2, (uint16_t)v); }
static inline void put64(uint8_t *b, uint64_t v) { put32(b, (uint32_t)(v >> 32)), put32(b + 4, (uint32_t)v); }

/* The number nearest to `near` whose last 16 bits are `seq`. */
static inline int64_t extend(uint16_t seq, int64_t near) {
    return near + (int16_t)(uint16_t)(seq - (uint16_t)near);
}

bool rtp_parse(const uint8_t *data, int length, rtp_header *out);
const uint8_t *rtp_extension(const uint8_t *data, const rtp_header *header, uint8_t id, uint8_t *length);
int rtp_write_extensions(uint8_t *out, const rtp_element *elements, int count);
bool starts_keyframe(int codec, const uint8_t *payload, int length);

#endif

/* HMAC-SHA-1 (RFC 2104, FIPS 180-4), for STUN's MESSAGE-INTEGRITY alone: no other use of SHA-1 here is sound. A key is
 * kept as the two states behind its pads, so that a short message costs four blocks. */
#include "internal.h"

enum { BLOCK = 64, LENGTH_AT = 56 };

static uint32_t rotated(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void mix(uint32_t state[5], const uint8_t *block) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++) w[i] = get32(block + 4 * i);
    for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5A827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                              : (b ^ c ^ d) + 0xCA62C1D6;
        uint32_t next = rotated(a, 5) + f + e + w[i];
        e = d, d = c, c = rotated(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* What follows one block that was mixed in already. */
static void finish(uint32_t state[5], const uint8_t *data, int length, uint8_t out[SHA1_BYTES]) {
    uint8_t last[2 * BLOCK] = {0};
    int left = length;
    for (; left >= BLOCK; left -= BLOCK, data += BLOCK) mix(state, data);
    memcpy(last, data, (size_t)left);
    last[left] = 0x80;
    int at = left < LENGTH_AT ? LENGTH_AT : BLOCK + LENGTH_AT;
    put64(last + at, (uint64_t)(BLOCK + length) * 8);
    mix(state, last);
    if (at > BLOCK) mix(state, last + BLOCK);
    for (int i = 0; i < 5; i++) put32(out + 4 * i, state[i]);
}

static void start(uint32_t state[5], const uint8_t *secret, int length, uint8_t pad) {
    static const uint32_t INITIAL[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t block[BLOCK];
    for (int i = 0; i < BLOCK; i++) block[i] = (uint8_t)(pad ^ (i < length ? secret[i] : 0));
    memcpy(state, INITIAL, sizeof INITIAL);
    mix(state, block);
}

/* `secret` has at most 64 bytes. */
void hmac_sha1_key(hmac_key *key, const uint8_t *secret, int length) {
    start(key->inner, secret, length, 0x36);
    start(key->outer, secret, length, 0x5C);
}

void hmac_sha1(const hmac_key *key, const uint8_t *data, int length, uint8_t out[SHA1_BYTES]) {
    hmac_key states = *key;
    uint8_t within[SHA1_BYTES];
    finish(states.inner, data, length, within);
    finish(states.outer, within, SHA1_BYTES, out);
}

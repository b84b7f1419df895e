/* Consent (RFC 7675): a peer that is connected asks every few seconds, by the path in use and with the same credentials,
 * whether it may go on. Such a check changes nothing, so it is answered here, and Python sleeps on. Whatever is more than
 * that (another path, other credentials, a nomination with a higher priority, a conflict of roles, an attribute that is
 * not known) is Python's: it is not judged here, nor dropped. */
#include "internal.h"

enum { LONGEST = 512, HEADER = 20, COOKIE = 0x2112A442, REQUEST = 0x0001, SUCCESS = 0x0101 }; /* RFC 8489 §5 */
enum {
    USERNAME = 0x0006,
    INTEGRITY = 0x0008,
    XOR_MAPPED_ADDRESS = 0x0020,
    PRIORITY = 0x0024,
    USE_CANDIDATE = 0x0025,
    OPTIONAL = 0x8000, /* attributes from here on may be ignored (RFC 8489 §14) */
    FINGERPRINT = 0x8028,
    ICE_CONTROLLED = 0x8029,
};
static const uint32_t FINGERPRINT_MASK = 0x5354554E;

/* What ends a message: both are computed over all that is before them, as if they were the last. */
enum { INTEGRITY_BYTES = 4 + SHA1_BYTES, FINGERPRINT_BYTES = 8 };

/* CRC-32 as in ISO 3309 (RFC 8489 §14.7). */
static uint32_t checksum(const uint8_t *data, int length) {
    uint32_t crc = 0xFFFFFFFF;
    for (int i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static bool is_intact(const consent *known, const uint8_t *data, int at) {
    uint8_t copy[LONGEST], expected[SHA1_BYTES], differing = 0;
    memcpy(copy, data, (size_t)at);
    put16(copy + 2, (uint16_t)(at + INTEGRITY_BYTES - HEADER));
    hmac_sha1(&known->key, copy, at, expected);
    for (int i = 0; i < SHA1_BYTES; i++) differing |= expected[i] ^ data[at + 4 + i];
    return differing == 0;
}

/* Whether an attribute before the integrity is one that a repeated check has. */
static bool is_usual(const consent *known, int kind, const uint8_t *value, int size) {
    switch (kind) {
    case USERNAME: return size == known->username_length && !memcmp(value, known->username, (size_t)size);
    case PRIORITY: return size == 4 && get32(value) <= known->priority;
    case USE_CANDIDATE: return true;
    case ICE_CONTROLLED: return false;
    default: return kind >= OPTIONAL && kind != FINGERPRINT;
    }
}

/* Whether this is a check like the one that `known` is of. */
static bool is_repeated(const consent *known, const uint8_t *data, int length) {
    if (length < HEADER || length > LONGEST || length & 3 || get16(data) != REQUEST || get32(data + 4) != COOKIE) return false;
    if (get16(data + 2) != length - HEADER) return false;
    bool named = false;
    for (int at = HEADER; at < length;) {
        int kind = get16(data + at), size = get16(data + at + 2), next = at + 4 + ((size + 3) & ~3);
        if (next > length) return false;
        if (kind == INTEGRITY) {
            if (!named || size != SHA1_BYTES || !is_intact(known, data, at)) return false;
            if (next == length) return true;
            return next + FINGERPRINT_BYTES == length && get16(data + next) == FINGERPRINT && get16(data + next + 2) == 4 &&
                   get32(data + next + 4) == (checksum(data, next) ^ FINGERPRINT_MASK);
        }
        if (!is_usual(known, kind, data + at + 4, size)) return false;
        named |= kind == USERNAME;
        at = next;
    }
    return false;
}

/* RFC 8489 §14.2; IPv4 as such, also from a dual-stack socket. Returns how many bytes it wrote. */
static int write_mapped_address(uint8_t *out, const struct plane_path *path, const uint8_t *mask) {
    static const uint8_t MAPPED[12] = {[10] = 0xFF, [11] = 0xFF};
    bool mapped = path->family == 6 && !memcmp(path->remote, MAPPED, sizeof MAPPED);
    const uint8_t *address = mapped ? path->remote + sizeof MAPPED : path->remote;
    int size = path->family == 4 || mapped ? 4 : 16;
    put16(out, XOR_MAPPED_ADDRESS);
    put16(out + 2, (uint16_t)(4 + size));
    put16(out + 4, size == 4 ? 1 : 2);
    const uint8_t *port = (const uint8_t *)&path->port;
    for (int i = 0; i < 2; i++) out[6 + i] = port[i] ^ mask[i];
    for (int i = 0; i < size; i++) out[8 + i] = address[i] ^ mask[i];
    return 8 + size;
}

static int write_answer(uint8_t *out, const consent *known, const struct plane_path *path, const uint8_t *request) {
    put16(out, SUCCESS);
    memcpy(out + 4, request + 4, HEADER - 4); /* cookie and transaction */
    int at = HEADER + write_mapped_address(out + HEADER, path, out + 4);
    put16(out + 2, (uint16_t)(at + INTEGRITY_BYTES - HEADER));
    put32(out + at, INTEGRITY << 16 | SHA1_BYTES);
    hmac_sha1(&known->key, out, at, out + at + 4);
    at += INTEGRITY_BYTES;
    put16(out + 2, (uint16_t)(at + FINGERPRINT_BYTES - HEADER));
    put32(out + at, (uint32_t)FINGERPRINT << 16 | 4);
    put32(out + at + 4, checksum(out, at) ^ FINGERPRINT_MASK);
    return at + FINGERPRINT_BYTES;
}

/* Whether it was a repeated check by the peer whose path it came by: then it is answered. */
bool consent_renew(peer *q, const uint8_t *data, int length, double now) {
    if (!q->consent || !is_repeated(q->consent, data, length)) return false;
    uint8_t out[HEADER + 24 + INTEGRITY_BYTES + FINGERPRINT_BYTES];
    plane_send(q->plane, &q->path, out, write_answer(out, q->consent, &q->path, data));
    q->heard_at = now;
    q->plane->consents++;
    return true;
}

int plane_set_consent(plane *p, int32_t id, const uint8_t *username, int username_length, const uint8_t *password,
                      int password_length, uint32_t priority) {
    peer *q = id_get(&p->peer_ids, id);
    if (!q) return PLANE_NOT_FOUND;
    free(q->consent);
    q->consent = NULL;
    if (username_length == 0) return PLANE_OK;
    if (password_length > 64) return PLANE_TOO_MANY;
    consent *known = malloc(sizeof *known + (size_t)username_length);
    if (!known) return PLANE_NO_MEMORY;
    known->priority = priority;
    known->username_length = username_length;
    memcpy(known->username, username, (size_t)username_length);
    hmac_sha1_key(&known->key, password, password_length);
    q->consent = known;
    return PLANE_OK;
}

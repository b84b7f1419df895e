/* RTP headers (RFC 3550 §5), their extensions (RFC 8285), and where keyframes begin. Everything here is from the network:
 * no offset is used before it has been held against the length. */
#include "internal.h"

bool rtp_parse(const uint8_t *data, int length, rtp_header *out) {
    if (length < 12 || length > DATAGRAM_BYTES || data[0] >> 6 != 2) return false;
    int at = 12 + 4 * (data[0] & 15);
    if (at > length) return false;
    *out = (rtp_header){
        .marker = data[1] >> 7,
        .payload_type = data[1] & 127,
        .seq = get16(data + 2),
        .timestamp = get32(data + 4),
        .ssrc = get32(data + 8),
    };
    if (data[0] & 0x10) {
        if (length - at < 4) return false;
        int size = 4 * get16(data + at + 2);
        if (length - at - 4 < size) return false;
        out->profile = get16(data + at);
        out->extension = (uint16_t)(at + 4);
        out->extension_length = (uint16_t)size;
        at += 4 + size;
    }
    int payload = length - at;
    if (data[0] & 0x20) {
        if (payload < 1 || data[length - 1] == 0 || data[length - 1] > payload) return false;
        out->padding = data[length - 1];
    }
    out->payload = (uint16_t)at;
    out->payload_length = (uint16_t)(payload - out->padding);
    return true;
}

/* The data of an extension, or NULL. One that claims more than the block holds ends the search. */
const uint8_t *rtp_extension(const uint8_t *data, const rtp_header *header, uint8_t id, uint8_t *length) {
    if (id == 0) return NULL;
    const uint8_t *at = data + header->extension, *end = at + header->extension_length;
    bool one = header->profile == 0xBEDE, two = (header->profile & 0xFFF0) == 0x1000;
    if (!one && !two) return NULL;
    while (at < end) {
        if (*at == 0) { /* padding */
            at++;
            continue;
        }
        uint8_t found;
        ptrdiff_t size;
        if (one) {
            found = *at >> 4;
            if (found == 15) return NULL; /* RFC 8285 §4.2 */
            size = (*at & 15) + 1;
            at += 1;
        } else {
            if (end - at < 2) return NULL;
            found = at[0];
            size = at[1];
            at += 2;
        }
        if (end - at < size) return NULL;
        if (found == id) {
            *length = (uint8_t)size;
            return at;
        }
        at += size;
    }
    return NULL;
}

/* Writes the extension block with its four bytes of header; returns its length, 0 if there is nothing to write. Two-byte
 * headers only where an element needs them (RFC 8285 §4.3). */
int rtp_write_extensions(uint8_t *out, const rtp_element *elements, int count) {
    if (count == 0) return 0;
    bool two = false;
    for (int i = 0; i < count; i++) two |= elements[i].id > 14 || elements[i].length > 16 || elements[i].length == 0;
    uint8_t *at = out + 4;
    for (int i = 0; i < count; i++) {
        const rtp_element *e = elements + i;
        if (two) {
            *at++ = e->id;
            *at++ = e->length;
        } else {
            *at++ = (uint8_t)(e->id << 4 | (e->length - 1));
        }
        memcpy(at, e->data, e->length);
        at += e->length;
    }
    while ((at - out) & 3) *at++ = 0;
    put16(out, two ? 0x1000 : 0xBEDE);
    put16(out + 2, (uint16_t)((at - out - 4) / 4));
    return (int)(at - out);
}

/* RFC 6184 §5: a sequence parameter set, or the first slice (first_mb_in_slice = 0) of an IDR picture. */
static bool h264_nal_starts(const uint8_t *nal, int length, int type) {
    return type == 7 || (type == 5 && length > 1 && nal[1] & 0x80);
}

static bool h264_starts(const uint8_t *b, int length) {
    int type = b[0] & 31;
    if (type == 24) { /* STAP-A */
        for (int at = 1; at + 2 < length;) {
            int size = get16(b + at);
            at += 2;
            if (size == 0 || size > length - at) return false;
            if (h264_nal_starts(b + at, size, b[at] & 31)) return true;
            at += size;
        }
        return false;
    }
    if (type == 28) /* FU-A: its header stands where the NAL's first byte would */
        return length > 2 && b[1] & 0x80 && h264_nal_starts(b + 1, length - 1, b[1] & 31);
    return h264_nal_starts(b, length, type);
}

/* RFC 7798 §4.4: parameter sets (32 to 34), or an intra random access picture (16 to 21) at its first slice segment. */
static bool h265_nal_starts(const uint8_t *after_header, int length, int type) {
    return (type >= 32 && type <= 34) || (type >= 16 && type <= 21 && length > 0 && after_header[0] & 0x80);
}

static bool h265_starts(const uint8_t *b, int length) {
    if (length < 3) return false;
    int type = b[0] >> 1 & 63;
    if (type == 48) { /* aggregation packet */
        for (int at = 2; at + 3 < length;) {
            int size = get16(b + at);
            at += 2;
            if (size < 2 || size > length - at) return false;
            if (h265_nal_starts(b + at + 2, size - 2, b[at] >> 1 & 63)) return true;
            at += size;
        }
        return false;
    }
    if (type == 49) return b[2] & 0x80 && h265_nal_starts(b + 3, length - 3, b[2] & 63);
    return h265_nal_starts(b + 2, length - 2, type);
}

/* RFC 9628 §4.2: not predicted from another picture, start of a frame, and the lowest spatial layer. */
static bool vp9_starts(const uint8_t *b, int length) {
    uint8_t first = b[0];
    if (first & 0x40 || !(first & 0x08)) return false;
    int at = 1;
    if (first & 0x80) { /* picture id of 7 or 15 bits */
        if (at >= length) return false;
        at += b[at] & 0x80 ? 2 : 1;
    }
    if (first & 0x20) { /* layer indices: TID(3) U(1) SID(3) D(1) */
        if (at >= length) return false;
        return (b[at] >> 1 & 7) == 0;
    }
    return true;
}

bool starts_keyframe(int codec, const uint8_t *payload, int length) {
    if (length < 1) return false;
    switch (codec) {
    case PLANE_H264: return h264_starts(payload, length);
    case PLANE_H265: return h265_starts(payload, length);
    case PLANE_VP9: return vp9_starts(payload, length);
    case PLANE_AV1: return (payload[0] & 0x88) == 0x08; /* N set and Z not: AV1 over RTP §4.4 */
    default: return false;
    }
}

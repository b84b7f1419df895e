/* A packet under a slot's own header, protected and queued. */
#include "internal.h"

/* Writes the packet with this slot's header before the publisher's payload. Returns its length. */
static int rewrite(const slot *s, const packet *item, const stamp *with, uint8_t *out) {
    const rtp_header *h = &item->header;
    const struct plane_extensions *own = &s->extensions, *theirs = &s->stream->extensions;
    rtp_element elements[5];
    int count = 0;
    uint8_t sent_at[3], number[2], dependency[256], length;
    if (own->abs_send_time) {
        put24(sent_at, with->abs_send_time);
        elements[count++] = (rtp_element){own->abs_send_time, 3, sent_at};
    }
    if (own->transport_cc) {
        put16(number, with->transport_cc);
        elements[count++] = (rtp_element){own->transport_cc, 2, number};
    }
    if (own->mid && s->mid[0])
        elements[count++] = (rtp_element){own->mid, (uint8_t)strlen(s->mid), (const uint8_t *)s->mid};
    const uint8_t *found;
    if (own->audio_level && (found = rtp_extension(item->data, h, theirs->audio_level, &length)))
        elements[count++] = (rtp_element){own->audio_level, length, found};
    if (own->dependency_descriptor && (found = rtp_extension(item->data, h, theirs->dependency_descriptor, &length))) {
        memcpy(dependency, found, length);
        if (length >= 3) put16(dependency + 1, (uint16_t)(get16(found + 1) + s->frame_offset));
        elements[count++] = (rtp_element){own->dependency_descriptor, length, dependency};
    }
    int at = 12 + rtp_write_extensions(out + 12, elements, count);
    bool padded = h->padding && h->payload_length; /* a packet of nothing but padding goes on as an empty one */
    out[0] = (uint8_t)(0x80 | (padded ? 0x20 : 0) | (count ? 0x10 : 0));
    out[1] = (uint8_t)(h->marker << 7 | with->payload_type);
    put16(out + 2, with->seq);
    put32(out + 4, with->timestamp);
    put32(out + 8, with->ssrc);
    if (with->original >= 0) {
        put16(out + at, (uint16_t)with->original);
        at += 2;
    }
    int payload = h->payload_length + (padded ? h->padding : 0);
    memcpy(out + at, item->data + h->payload, (size_t)payload);
    return at + payload;
}

/* Protects and queues it. False: libsrtp would not. */
bool transmit(slot *s, const packet *item, const stamp *with, double arrival) {
    plane *p = s->plane;
    uint8_t *out = tx_room(p);
    int length = rewrite(s, item, with, out);
    if (p->protect(s->peer->send, out, &length) != 0) {
        plane_drop(p, DROP_NOT_PROTECTED);
        return false;
    }
    tx_commit(s->peer, s->kind == PLANE_AUDIO ? AUDIO : VIDEO, length, arrival);
    return true;
}

/* What waits to leave by a TCP connection. Reports go before sound, sound before pictures; and of pictures no more are put
 * on the way than it carries off in a tenth of a second, since whatever queues there is before all sound that is yet to
 * come. Sound that has waited too long here is thrown away. Pictures that lag are let out to the end, and none follow them
 * before a keyframe, so that whatever is written can be decoded; the slots stop before they give out a number, so that
 * nothing is missing from the sequence. */
#include "internal.h"

#include <errno.h>

enum { CONTROL_BYTES = 64 << 10, SOUND_BYTES = 64 << 10, PICTURE_BYTES = 2 << 20 };
static const double SOUND_SECONDS = 0.2;
static const double PICTURE_LAG = 0.5;     /* of the oldest picture waiting; then no more are taken */
static const double PICTURE_SECONDS = 2.0; /* older pictures are of no use, not even to reach the newer ones */
static const double RETRY = 0.005; /* a way that was full is looked at again */
static const double PAUSE = 0.25, LONGEST_PAUSE = 8, FORGIVEN = 10;

struct frame {
    frame *next;
    double queued, arrival; /* arrival 0: not measured */
    uint16_t length;        /* with the two bytes that say it */
    uint8_t data[];
};

static void append(frame_list *list, frame *item) {
    *(list->first ? list->end : &list->first) = item;
    list->end = &item->next;
    list->bytes += item->length;
}

static frame *take(frame_list *list) {
    frame *item = list->first;
    if (!item) return NULL;
    list->first = item->next;
    list->bytes -= item->length;
    return item;
}

static void forget(connection *c, enum urgency urgency, double before) {
    frame_list *list = c->waiting + urgency;
    while (list->first && list->first->queued <= before) {
        free(take(list));
        plane_drop(c->plane, DROP_TCP_LATE);
    }
}

/* The slots of whoever is behind this connection wait for a keyframe. How long until one is asked for grows with every
 * time, for it is the publisher and everybody else who bear the cost. */
static void stop_pictures(connection *c, double now) {
    peer *q = peer_of_path(c->plane, &c->path);
    for (slot *s = q ? q->slots : NULL; s; s = s->next)
        if (s->kind == PLANE_VIDEO) slot_stop(s);
    if (c->lagging) return;
    c->lagging = true;
    c->pause = now - c->resume_at > FORGIVEN ? PAUSE : c->pause * 2 < LONGEST_PAUSE ? c->pause * 2 : LONGEST_PAUSE;
    c->resume_at = now + c->pause;
}

/* Drops what has become too old to be sent. */
void outbox_expire(connection *c, double now) {
    forget(c, AUDIO, now - SOUND_SECONDS);
    const frame *oldest = c->waiting[VIDEO].first;
    if (!oldest || now - oldest->queued < PICTURE_SECONDS) return;
    stop_pictures(c, now);
    forget(c, VIDEO, now);
}

/* Whether pictures may not pass now. `going`: the slot needs no keyframe, or this is one. */
bool outbox_holds(const peer *q, bool going, double now) {
    connection *c = connection_of(q->plane, &q->path);
    if (!c) return false;
    if (c->lagging && c->waiting[VIDEO].first) return true;
    c->lagging = false;
    return !going && now < c->resume_at;
}

static void mark_dirty(connection *c) {
    if (c->dirty) return;
    c->dirty = true;
    c->next_dirty = c->plane->dirty;
    c->plane->dirty = c;
}

void outbox_put(connection *c, enum urgency urgency, const uint8_t *data, int length, double arrival) {
    static const uint32_t MOST[URGENCIES] = {CONTROL_BYTES, SOUND_BYTES, PICTURE_BYTES};
    plane *p = c->plane;
    frame_list *list = c->waiting + urgency;
    outbox_expire(c, p->now);
    if (length > PACKET_ROOM || list->bytes + (uint32_t)length > MOST[urgency]) {
        plane_drop(p, DROP_SEND_BUFFER_FULL);
        if (urgency == VIDEO) stop_pictures(c, p->now);
        return;
    }
    frame *item = malloc(sizeof *item + 2 + (size_t)length);
    if (!item) {
        plane_drop(p, DROP_NO_MEMORY);
        return;
    }
    *item = (frame){.queued = p->now, .arrival = arrival, .length = (uint16_t)(2 + length)};
    put16(item->data, (uint16_t)length);
    memcpy(item->data + 2, data, (size_t)length);
    append(list, item);
    if (urgency == VIDEO && p->now - list->first->queued > PICTURE_LAG) stop_pictures(c, p->now);
    if (!c->waits_for_room) mark_dirty(c);
}

/* Takes as much as is to be written at once: little, since all of it comes before any sound that is yet to come. */
static void refill(connection *c) {
    plane *p = c->plane;
    outbox_expire(c, p->now);
    c->out_length = c->out_written = 0;
    for (int urgency = CONTROL; urgency < URGENCIES; urgency++) {
        frame *item;
        if (urgency == VIDEO && c->waiting[VIDEO].first && connection_is_full(c)) return;
        while (c->out_length < WRITE_BYTES && (item = take(c->waiting + urgency))) {
            memcpy(c->out + c->out_length, item->data, item->length);
            c->out_length += item->length;
            if (item->arrival > 0) measure_delay(p, p->now - item->arrival);
            free(item);
        }
    }
}

/* Writes until nothing waits, or the kernel has enough. */
void outbox_write(connection *c) {
    while (!c->ended) {
        if (c->out_written == c->out_length) refill(c);
        if (c->out_length == 0) {
            connection_await_room(c, false);
            return;
        }
        ssize_t sent = send(c->fd, c->out + c->out_written, c->out_length - c->out_written, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            c->out_written += (uint32_t)sent;
        } else if (errno == EAGAIN) {
            connection_await_room(c, true);
            return;
        } else if (errno != EINTR) {
            connection_end(c);
        }
    }
}

/* Writes to all connections that something was put out for, or whose way was full the last time. */
void outbox_flush(plane *p) {
    connection *c = p->dirty, *next;
    for (p->dirty = NULL; c; c = next) {
        next = c->next_dirty;
        c->dirty = false;
        outbox_write(c);
        if (c->ended || c->waits_for_room || !c->waiting[VIDEO].first) continue;
        plane_wake(p, p->now + RETRY);
        mark_dirty(c);
    }
}

void outbox_clear(connection *c) {
    for (int urgency = CONTROL; urgency < URGENCIES; urgency++) {
        frame *item;
        while ((item = take(c->waiting + urgency))) free(item);
    }
}

/* Datagrams in and out, in batches: recvmmsg, and sendmmsg of segmented messages (UDP_SEGMENT). */
#include "internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum { BUFFER_BYTES = 8 << 20, MAX_SEGMENTS = 64, MAX_MESSAGE = 65000 };

struct receive_buffers {
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage names[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][128];
    _Alignas(8) uint8_t data[BATCH][DATAGRAM_BYTES];
};

struct receive_buffers *receive_buffers_new(void) { return calloc(1, sizeof(struct receive_buffers)); }

double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int plane_add_socket(plane *p, int fd, int family) {
    if (p->socket_count == SOCKETS) return -EMFILE;
    const int size = BUFFER_BYTES, on = 1, off = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    int failed = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                                    : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (failed) return -errno;
    if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &off, sizeof off) != 0) p->segments = false;
    p->sockets[p->socket_count] = fd;
    return p->socket_count++;
}

/* in */

void path_set_remote(struct plane_path *path, const struct sockaddr_storage *from) {
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)from;
        path->family = 6;
        path->port = a->sin6_port;
        memcpy(path->remote, &a->sin6_addr, 16);
        if (IN6_IS_ADDR_LINKLOCAL(&a->sin6_addr)) path->scope = a->sin6_scope_id;
    } else {
        const struct sockaddr_in *a = (const struct sockaddr_in *)from;
        path->family = 4;
        path->port = a->sin_port;
        memcpy(path->remote, &a->sin_addr, 4);
    }
}

void path_set_local(struct plane_path *path, const struct sockaddr_storage *of) {
    if (of->ss_family == AF_INET6) memcpy(path->local, &((const struct sockaddr_in6 *)of)->sin6_addr, 16);
    else memcpy(path->local, &((const struct sockaddr_in *)of)->sin_addr, 4);
}

/* Fills in the path a datagram took and returns how many seconds it has waited in the kernel. */
static double read_control(struct msghdr *header, int socket, struct plane_path *path, double wall) {
    double waited = 0;
    *path = (struct plane_path){.socket = (uint32_t)socket};
    path_set_remote(path, header->msg_name);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            if (path->family == 4) memcpy(path->local, &info.ipi_spec_dst, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(path->local, &info.ipi6_addr, 16);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            waited = wall - ((double)t.tv_sec + (double)t.tv_nsec * 1e-9);
        }
    }
    return waited > 0 && waited < 1 ? waited : 0;
}

static void queue_for_python(plane *p, const struct plane_path *path, const peer *q, const uint8_t *data, int length) {
    uint8_t *copy = p->waiting_count < WAITING_DATAGRAMS ? malloc((size_t)length) : NULL;
    if (!copy) {
        plane_drop(p, DROP_QUEUE_FULL);
        return;
    }
    memcpy(copy, data, (size_t)length);
    p->stirred_at = p->now;
    int at = (p->waiting_first + p->waiting_count++) % WAITING_DATAGRAMS;
    p->waiting[at] = (waiting_datagram){.path = *path, .peer = q ? q->id : 0, .length = length, .data = copy};
}

static bool was_heard(const peer *q, uint32_t ssrc) {
    for (int i = 0; i < q->heard_count; i++)
        if (q->heard[i] == ssrc) return true;
    return false;
}

/* Few peers send by more than two. */
static bool remember_heard(peer *q, uint32_t ssrc) {
    uint32_t *heard = realloc(q->heard, (size_t)(q->heard_count + 1) * sizeof *heard);
    if (!heard) return false;
    q->heard = heard;
    heard[q->heard_count++] = ssrc;
    return true;
}

static void receive_srtp(peer *q, uint8_t *data, int length, double arrival, double now) {
    plane *p = q->plane;
    bool rtcp = length > 1 && data[1] >= 192 && data[1] <= 223; /* RFC 5761 §4 */
    if (length < (rtcp ? 8 + 4 + 10 : 12 + 10)) {
        plane_drop(p, rtcp ? DROP_MALFORMED_RTCP : DROP_MALFORMED);
        return;
    }
    uint32_t ssrc = get32(data + (rtcp ? 4 : 8));
    bool known = was_heard(q, ssrc);
    if (!known && q->heard_count == HEARD_SSRCS) {
        plane_drop(p, DROP_UNKNOWN_SSRC);
        return;
    }
    int status = rtcp ? p->unprotect_rtcp(q->receive, data, &length) : p->unprotect(q->receive, data, &length);
    if (status != 0) { /* srtp_err_status_replay_fail, srtp_err_status_replay_old */
        plane_drop(p, status == 9 || status == 10 ? DROP_REPLAYED : DROP_UNAUTHENTIC);
        return;
    }
    if (!known && !remember_heard(q, ssrc)) {
        plane_drop(p, DROP_NO_MEMORY);
        return;
    }
    q->heard_at = now;
    if (rtcp) {
        rtcp_receive(q, data, length, arrival, now);
        return;
    }
    p->stirred_at = now;
    rtp_header header;
    if (!rtp_parse(data, length, &header)) {
        plane_drop(p, DROP_MALFORMED);
        return;
    }
    bool rtx;
    stream *s = stream_of_packet(q, data, &header, &rtx);
    if (s && !rtx) q->last_media_ssrc = header.ssrc;
    uint8_t size;
    const uint8_t *number = rtp_extension(data, &header, q->transport_cc, &size);
    if (number && size == 2) twcc_record(q, get16(number), arrival, now);
    if (!s) plane_drop(p, DROP_UNKNOWN_SSRC);
    else if (rtx) stream_receive_rtx(s, data, length, &header, arrival);
    else stream_receive(s, data, length, &header, arrival, false);
}

/* RFC 7983 §7: the first byte tells them apart. */
enum datagram_kind datagram_kind(const uint8_t *data, int length) {
    if (length >= 20 && data[0] <= 3) return STUN_DATAGRAM;
    if (length >= 1 && data[0] >= 20 && data[0] <= 63) return DTLS_DATAGRAM;
    if (length >= 1 && data[0] >= 128 && data[0] <= 191) return SRTP_DATAGRAM;
    return UNKNOWN_DATAGRAM;
}

/* The content of a datagram, or of a frame that came by TCP. */
void receive_datagram(plane *p, const struct plane_path *path, uint8_t *data, int length, double arrival, double now) {
    p->received++;
    enum datagram_kind kind = datagram_kind(data, length);
    peer *q = peer_of_path(p, path);
    if (kind == UNKNOWN_DATAGRAM) plane_drop(p, DROP_UNKNOWN_KIND);
    else if (kind != STUN_DATAGRAM && !q) plane_drop(p, DROP_UNKNOWN_PATH);
    else if (kind == STUN_DATAGRAM && q && consent_renew(q, data, length, now)) return;
    else if (kind != SRTP_DATAGRAM) queue_for_python(p, path, q, data, length);
    else if (!q->receive) plane_drop(p, DROP_NO_KEYS);
    else receive_srtp(q, data, length, arrival, now);
}

static void receive_one(plane *p, struct mmsghdr *message, int socket, double wall, double now) {
    struct plane_path path;
    double arrival = now - read_control(&message->msg_hdr, socket, &path, wall);
    if (message->msg_hdr.msg_flags & MSG_TRUNC) {
        p->received++;
        plane_drop(p, DROP_TRUNCATED);
        return;
    }
    receive_datagram(p, &path, message->msg_hdr.msg_iov->iov_base, (int)message->msg_len, arrival, now);
}

static int receive_batch(plane *p, int socket) {
    struct receive_buffers *r = p->receive;
    for (int i = 0; i < BATCH; i++) {
        r->vectors[i] = (struct iovec){r->data[i], DATAGRAM_BYTES};
        r->headers[i].msg_hdr = (struct msghdr){
            .msg_name = r->names + i,
            .msg_namelen = sizeof r->names[i],
            .msg_iov = r->vectors + i,
            .msg_iovlen = 1,
            .msg_control = r->control[i],
            .msg_controllen = sizeof r->control[i],
        };
    }
    return recvmmsg(p->sockets[socket], r->headers, BATCH, MSG_DONTWAIT, NULL);
}

void plane_read(plane *p, int socket, double now) {
    if (socket < 0 || socket >= p->socket_count) return;
    double begun = clock_now(), end = begun + TURN;
    p->ahead = now - begun;
    for (double time = begun; time < end; time = clock_now()) {
        int count = receive_batch(p, socket);
        if (count <= 0) break;
        double wall = wall_clock();
        p->now = time + p->ahead;
        for (int i = 0; i < count; i++) receive_one(p, p->receive->headers + i, socket, wall, p->now);
        plane_forward_arrived(p, p->now);
        if (count < BATCH) break;
    }
    serve_ready(p, p->now, end);
}

/* out */

struct outgoing {
    struct sockaddr_storage name;
    struct iovec vector;
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

static void add_control(struct msghdr *header, int level, int type, const void *data, size_t size) {
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)header->msg_control + header->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), data, size);
    header->msg_controllen += CMSG_SPACE(size);
}

/* Leaves by the local address that the other side wrote to. `segment` 0: one datagram. */
static void address(struct outgoing *o, struct msghdr *header, const struct plane_path *path, uint8_t *data, size_t length,
                    uint16_t segment) {
    memset(o, 0, sizeof *o);
    o->vector = (struct iovec){data, length};
    *header = (struct msghdr){.msg_name = &o->name, .msg_iov = &o->vector, .msg_iovlen = 1, .msg_control = o->control};
    if (path->family == 6) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)&o->name;
        a->sin6_family = AF_INET6;
        a->sin6_port = path->port;
        a->sin6_scope_id = path->scope;
        memcpy(&a->sin6_addr, path->remote, 16);
        header->msg_namelen = sizeof *a;
        struct in6_pktinfo info = {.ipi6_ifindex = path->scope};
        memcpy(&info.ipi6_addr, path->local, 16);
        add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else {
        struct sockaddr_in *a = (struct sockaddr_in *)&o->name;
        a->sin_family = AF_INET;
        a->sin_port = path->port;
        memcpy(&a->sin_addr, path->remote, 4);
        header->msg_namelen = sizeof *a;
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, path->local, 4);
        add_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
    if (segment) add_control(header, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
}

int plane_send(plane *p, const struct plane_path *path, const uint8_t *data, int length) {
    connection *c = connection_of(p, path);
    if (c) {
        c->answered_at = p->now;
        outbox_put(c, CONTROL, data, length, 0);
        outbox_flush(p);
        return PLANE_OK;
    }
    if (path->socket >= SOCKETS) { /* a connection that has ended */
        plane_drop(p, DROP_SEND_FAILED);
        return PLANE_OK;
    }
    if (path->socket >= (uint32_t)p->socket_count) return PLANE_NO_PATH;
    struct outgoing o;
    struct msghdr header;
    address(&o, &header, path, (uint8_t *)data, (size_t)length, 0);
    if (sendmsg(p->sockets[path->socket], &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) plane_drop(p, DROP_SEND_FAILED);
    return PLANE_OK;
}

/* Where the next packet may be written: PACKET_ROOM bytes. */
uint8_t *tx_room(plane *p) {
    tx_queue *tx = &p->tx;
    if (TX_BYTES - tx->used < PACKET_ROOM || tx->message_count == TX_MESSAGES || tx->packet_count == TX_PACKETS) tx_flush(p);
    return tx->buffer + tx->used;
}

/* Queues what was written there; packets of one size for one peer go in one message, a shorter one ends it. */
void tx_commit(peer *q, enum urgency urgency, int length, double arrival) {
    plane *p = q->plane;
    tx_queue *tx = &p->tx;
    connection *c = connection_of(p, &q->path);
    if (c) {
        outbox_put(c, urgency, tx->buffer + tx->used, length, arrival);
        return;
    }
    if (q->path.socket >= SOCKETS) { /* it ended while this was written */
        plane_drop(p, DROP_SEND_FAILED);
        return;
    }
    tx_message *m = tx->message_count ? tx->messages + tx->message_count - 1 : NULL;
    if (!m || m->closed || m->peer != q->id || !p->segments || q->whole_datagrams || m->count == MAX_SEGMENTS ||
        length > m->segment || m->length + (uint32_t)length > MAX_MESSAGE) {
        m = tx->messages + tx->message_count++;
        *m = (tx_message){.path = q->path, .peer = q->id, .start = tx->used, .segment = (uint16_t)length};
        m->first = (uint16_t)tx->packet_count;
    }
    m->closed = length < m->segment;
    m->length += (uint32_t)length;
    m->count++;
    tx->arrivals[tx->packet_count] = arrival;
    tx->lengths[tx->packet_count++] = (uint16_t)length;
    tx->used += (uint32_t)length;
}

static void send_singly(plane *p, const tx_message *m) {
    uint8_t *data = p->tx.buffer + m->start;
    for (int i = 0; i < m->count; i++) {
        uint16_t length = p->tx.lengths[m->first + i];
        plane_send(p, &m->path, data, length);
        data += length;
    }
}

/* A message that was not taken. A full buffer loses it; a way that takes no segments gets single datagrams from now on. */
static void not_taken(plane *p, const tx_message *m, int why) {
    if (why == EAGAIN || why == ENOBUFS) {
        p->drops[DROP_SEND_BUFFER_FULL] += m->count;
    } else if (m->count > 1) {
        peer *q = id_get(&p->peer_ids, m->peer);
        if (q && (why == EIO || why == EINVAL || why == ENOPROTOOPT)) q->whole_datagrams = true;
        send_singly(p, m);
    } else {
        plane_drop(p, DROP_SEND_FAILED);
    }
}

static const double DELAYS[DELAY_BUCKETS] = {0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 1e9};

void measure_delay(plane *p, double delay) {
    int bucket = 0;
    while (bucket < DELAY_BUCKETS - 1 && delay > DELAYS[bucket]) bucket++;
    p->delays[bucket]++;
    p->delay_sum += delay;
}

static void measure_delays(plane *p) {
    double now = clock_now() + p->ahead;
    for (int i = 0; i < p->tx.packet_count; i++)
        if (p->tx.arrivals[i] > 0) measure_delay(p, now - p->tx.arrivals[i]);
}

void tx_flush(plane *p) {
    tx_queue *tx = &p->tx;
    struct outgoing parts[TX_MESSAGES];
    struct mmsghdr messages[TX_MESSAGES];
    for (int i = 0; i < tx->message_count; i++) {
        const tx_message *m = tx->messages + i;
        address(parts + i, &messages[i].msg_hdr, &m->path, tx->buffer + m->start, m->length, m->count > 1 ? m->segment : 0);
    }
    for (int i = 0; i < tx->message_count;) {
        uint32_t socket = tx->messages[i].path.socket;
        int end = i + 1;
        while (end < tx->message_count && tx->messages[end].path.socket == socket) end++;
        while (i < end) {
            int sent = sendmmsg(p->sockets[socket], messages + i, (unsigned)(end - i), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) i += sent;
            else if (errno != EINTR) not_taken(p, tx->messages + i, errno), i++;
        }
    }
    measure_delays(p);
    tx->message_count = tx->packet_count = 0;
    tx->used = 0;
    outbox_flush(p);
}

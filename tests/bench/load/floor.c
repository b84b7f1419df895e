#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "floor.h"

enum { HEADER = 20, LONGEST = 1500, MOST = 40 };

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int send_run(int fd, struct sockaddr_in *to, uint8_t *data, int length, int segment) {
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(uint16_t))];
    } ancillary;
    struct iovec place = {data, length};
    struct msghdr message = {.msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &place, .msg_iovlen = 1};
    if (length > segment) {
        message.msg_control = &ancillary;
        message.msg_controllen = sizeof ancillary;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t size = segment;
        memcpy(CMSG_DATA(c), &size, sizeof size);
    }
    return sendmsg(fd, &message, 0) < 0 && errno != ECONNREFUSED ? -errno : 0;
}

int floor_run(int fd, uintptr_t protect, const uintptr_t *contexts, uint32_t address, const uint16_t *ports, int count,
              const struct floor_step *steps, int step_count, uint32_t period_us, double seconds,
              struct floor_result *result) {
    static uint8_t payload[LONGEST], out[MOST * LONGEST];
    int (*call)(void *, void *, int *) = (int (*)(void *, void *, int *))protect;
    double began = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), base = began;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = address};
    uint16_t sequence = 0;
    *result = (struct floor_result){0};
    for (int at = 0;;) {
        double now = seconds_of(CLOCK_MONOTONIC);
        if (now - began >= seconds) break;
        int due = 0;
        while (at + due < step_count && due < MOST && base + steps[at + due].due_us / 1e6 <= now) due++;
        if (due == 0 && at < step_count) {
            double wait = base + steps[at].due_us / 1e6 - now;
            nanosleep(&(struct timespec){.tv_sec = (time_t)wait, .tv_nsec = (long)(wait * 1e9) % 1000000000}, NULL);
            continue;
        }
        for (int i = 0; i < count; i++) {
            to.sin_port = ports[i];
            int length = 0, segment = 0;
            for (int k = 0; k < due; k++) {
                uint16_t number = sequence + k;
                uint8_t *packet = out + length;
                memcpy(packet, "\x90\x66\0\0\0\0\0\0\0\0\0\1\xbe\xde\0\1\0\0\0\0", HEADER);
                packet[2] = number >> 8;
                packet[3] = number;
                memcpy(packet + HEADER, payload, steps[at + k].size);
                int size = HEADER + steps[at + k].size;
                call((void *)contexts[i], packet, &size);
                if (segment && size != segment) { /* the run ends; this packet begins the next */
                    int failed = send_run(fd, &to, out, length, segment);
                    if (failed) return failed;
                    memmove(out, packet, size);
                    length = 0;
                }
                segment = length ? segment : size;
                length += size;
            }
            int failed = length ? send_run(fd, &to, out, length, segment) : 0;
            if (failed) return failed;
            result->packets += due;
        }
        sequence += due;
        at += due;
        if (at == step_count) {
            at = 0;
            base += period_us / 1e6;
        }
    }
    result->cpu_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    return 0;
}

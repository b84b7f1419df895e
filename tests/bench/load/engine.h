/* The load: one publisher and many subscribers of WebRTC media that are already connected (ICE, DTLS done), in one
   thread. Read by the compiler and by cffi. Times are nanoseconds of CLOCK_REALTIME, as the kernel stamps datagrams. */

typedef struct engine engine;

enum { LOAD_VIDEO, LOAD_AUDIO, LOAD_KINDS };
enum { LOAD_FIRST = 1, LOAD_LAST = 2, LOAD_KEY = 4, LOAD_SECOND = 8 }; /* where in its frame a packet stands */

/* A packet of the trace: when it is sent after the trace's start, when its frame was taken, its RTP payload's size. */
struct load_step {
    uint32_t due_us, frame_us;
    uint16_t size;
    uint8_t flags;
};

/* How the publisher writes its packets; ids of header extensions are 0 where not agreed on. */
struct load_sending {
    uint32_t ssrc[2];
    uint8_t payload_type[2];
    uint8_t mid_id, abs_send_time_id, transport_cc_id, audio_level_id;
    char mid[2][17];
};

/* A datagram for Python: STUN as it came, or RTCP for the publisher, decrypted. */
struct load_control {
    int32_t client;
    int32_t length;
    uint8_t data[1500];
};

struct load_totals {
    uint64_t sent, received, dropped_here; /* the last: by this process's own sockets, being full */
    uint64_t checked, wrong;               /* decrypted and compared; those that were not what was sent */
    int64_t latest_send_ns;                /* how late the publisher was at worst, since the window was opened */
};

struct load_figures {
    uint64_t expected, delivered, doubled;
    double p50_ms, p99_ms;
};

/* Addresses of libsrtp's functions: protect, unprotect, protect_rtcp, unprotect_rtcp. */
engine *load_new(uintptr_t protect, uintptr_t unprotect, uintptr_t protect_rtcp, uintptr_t unprotect_rtcp);
void load_free(engine *e);
int load_event_fd(engine *e); /* readable while `load_control` has something */

/* The trace to send from the next frame on, again and again. It must begin with a keyframe. */
void load_trace(engine *e, const struct load_step *steps, int count, uint32_t period_us);
/* Both return the client's index, or -1 when there are too many. Group 0 or 1 is for figures. */
int load_publish(engine *e, int fd, uintptr_t receive, uintptr_t send, const struct load_sending *sending);
int load_subscribe(engine *e, int fd, uintptr_t receive, uintptr_t send, uint8_t video, uint8_t audio, uint32_t ssrc,
                   int group);
void load_forget(engine *e, int client);
void load_group(engine *e, int client, int group);
void load_keyframe(engine *e);                          /* the next frame is the trace's first */
void load_resend(engine *e, uint32_t ssrc, uint16_t sequence); /* what a NACK asked for */

void load_run(engine *e); /* until load_stop; in a thread of its own */
void load_stop(engine *e);
int load_next_control(engine *e, struct load_control *into);

/* Figures are of packets that were sent between the two calls, whenever they arrive. */
void load_open_window(engine *e);
void load_close_window(engine *e);
void load_read_totals(engine *e, struct load_totals *into);
void load_read_figures(engine *e, int group, int kind, struct load_figures *into);
int64_t load_first_frame_ns(engine *e, int client); /* last packet of its first whole keyframe; 0: none yet */

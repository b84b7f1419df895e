/* The floor: what remains of forwarding when everything but encryption and sending is left out. */

struct floor_step {
    uint32_t due_us;
    uint16_t size;
};

struct floor_result {
    uint64_t packets;
    double cpu_s;
};

/* Plays the trace for `seconds` to `count` receivers (IPv4, network byte order) from the UDP socket: of each packet that
   is due, an encryption for each; of each run of equal sizes, one segmented send for each. Negative errno, or 0. */
int floor_run(int fd, uintptr_t protect, const uintptr_t *contexts, uint32_t address, const uint16_t *ports, int count,
              const struct floor_step *steps, int step_count, uint32_t period_us, double seconds,
              struct floor_result *result);

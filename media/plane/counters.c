/* The plane's counters, by the names that /metrics shows (less its prefix). */
#include "internal.h"

static const char *const DROP_NAMES[DROPS] = {
    "dropped_unknown_path_total",
    "dropped_unknown_kind_total",
    "dropped_truncated_total",
    "dropped_queue_full_total",
    "dropped_no_keys_total",
    "dropped_unauthentic_total",
    "dropped_replayed_total",
    "dropped_malformed_total",
    "dropped_malformed_rtcp_total",
    "dropped_unknown_ssrc_total",
    "dropped_unknown_payload_type_total",
    "dropped_duplicate_total",
    "dropped_old_total",
    "dropped_not_protected_total",
    "dropped_send_buffer_full_total",
    "dropped_send_failed_total",
    "dropped_no_memory_total",
    "dropped_retransmission_limit_total",
    "dropped_tap_full_total",
    "dropped_tcp_refused_total",
    "dropped_tcp_malformed_total",
    "dropped_tcp_silent_total",
    "dropped_tcp_late_total",
};

static const char *const DELAY_NAMES[DELAY_BUCKETS] = {
    "forward_delay_seconds_bucket_0.0001", "forward_delay_seconds_bucket_0.00025", "forward_delay_seconds_bucket_0.0005",
    "forward_delay_seconds_bucket_0.001",  "forward_delay_seconds_bucket_0.002",   "forward_delay_seconds_bucket_0.005",
    "forward_delay_seconds_bucket_0.01",   "forward_delay_seconds_bucket_0.025",   "forward_delay_seconds_bucket_0.05",
    "forward_delay_seconds_bucket_0.1",    "forward_delay_seconds_bucket_+Inf",
};

static double cached(const plane *p) {
    size_t bytes = 0;
    for (const group *g = p->groups; g; g = g->next) bytes += g->cached;
    return (double)bytes;
}

const char *plane_counter(plane *p, int n, double *value) {
    if (n < 0) return NULL;
    if (n < DROPS) {
        *value = (double)p->drops[n];
        return DROP_NAMES[n];
    }
    n -= DROPS;
    uint64_t below = 0;
    for (int i = 0; i < DELAY_BUCKETS && i <= n; i++) below += p->delays[i];
    if (n < DELAY_BUCKETS) {
        *value = (double)below;
        return DELAY_NAMES[n];
    }
    switch (n - DELAY_BUCKETS) {
    case 0: return *value = p->delay_sum, "forward_delay_seconds_sum";
    case 1: return *value = (double)below, "forward_delay_seconds_count";
    case 2: return *value = (double)p->received, "packets_received_total";
    case 3: return *value = (double)p->forwarded, "packets_forwarded_total";
    case 4: return *value = (double)p->lost, "packets_lost_total";
    case 5: return *value = cached(p), "cached_bytes";
    case 6: return *value = (double)p->accepted, "tcp_accepted_total";
    case 7: return *value = (double)tcp_count(p), "tcp_connections";
    case 8: return *value = (double)p->consents, "consents_renewed_total";
    default: return NULL;
    }
}

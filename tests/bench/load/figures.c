/* What was measured of a window. */
#include "internal.h"

void load_open_window(engine *e) {
    pthread_mutex_lock(&e->lock);
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        e->from[kind] = e->next_index[kind];
        e->to[kind] = UINT64_MAX;
        for (int group = 0; group < GROUPS; group++) {
            memset(e->bins[group][kind], 0, (FINE + COARSE) * sizeof(uint32_t));
            e->delivered[group][kind] = e->doubled[group][kind] = 0;
        }
        for (int i = 0; i < e->client_count; i++) memset(e->clients[i].in[kind].seen, 0, WINDOW / 8);
    }
    e->totals.latest_send_ns = 0;
    pthread_mutex_unlock(&e->lock);
}

void load_close_window(engine *e) {
    pthread_mutex_lock(&e->lock);
    for (int kind = 0; kind < LOAD_KINDS; kind++) {
        e->to[kind] = e->next_index[kind];
        if (e->to[kind] > e->from[kind] + WINDOW) e->to[kind] = e->from[kind] + WINDOW;
    }
    pthread_mutex_unlock(&e->lock);
}

void load_read_totals(engine *e, struct load_totals *into) {
    pthread_mutex_lock(&e->lock);
    *into = e->totals;
    pthread_mutex_unlock(&e->lock);
}

/* Milliseconds that this share of a group's packets did not take longer than. */
static double quantile_ms(const uint32_t *bins, uint64_t total, double share) {
    uint64_t wanted = total * share, sum = 0;
    for (int i = 0; i < FINE + COARSE; i++) {
        sum += bins[i];
        if (sum > wanted) return i < FINE ? (i + 0.5) / 100 : i - FINE + 0.5;
    }
    return 0;
}

void load_read_figures(engine *e, int group, int kind, struct load_figures *into) {
    pthread_mutex_lock(&e->lock);
    uint64_t expected = 0;
    for (int i = 0; i < e->client_count; i++) {
        const struct client *c = &e->clients[i];
        if (!c->used || c->publisher || c->group != group) continue;
        uint64_t from = e->from[kind];
        if (c->in[kind].mapped && c->in[kind].first_index > from) from = c->in[kind].first_index;
        if (e->to[kind] > from) expected += e->to[kind] - from;
    }
    uint64_t delivered = e->delivered[group][kind];
    *into = (struct load_figures){
        .expected = expected,
        .delivered = delivered,
        .doubled = e->doubled[group][kind],
        .p50_ms = quantile_ms(e->bins[group][kind], delivered, 0.5),
        .p99_ms = quantile_ms(e->bins[group][kind], delivered, 0.99),
    };
    pthread_mutex_unlock(&e->lock);
}

int64_t load_first_frame_ns(engine *e, int client) {
    pthread_mutex_lock(&e->lock);
    int64_t at = e->clients[client].first_frame_ns;
    pthread_mutex_unlock(&e->lock);
    return at;
}

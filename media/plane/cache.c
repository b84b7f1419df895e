/* The packets of a stream's last two seconds, by sequence number. Bounded in packets, and in bytes: each, and those of a
 * lesson together. */
#include "internal.h"

/* A packet may still be in the list of this turn: it is freed when the turn is over. */
void bury(plane *p, packet *item) {
    item->next_dead = p->dead;
    p->dead = item;
}

packet *cache_get(const packet_cache *cache, int64_t seq) {
    if (cache->size == 0 || seq < cache->lowest || seq > cache->highest) return NULL;
    packet *item = cache->entries[seq & (cache->size - 1)];
    return item && item->seq == seq ? item : NULL;
}

static void forget_lowest(plane *p, packet_cache *cache) {
    packet **entry = cache->entries + (cache->lowest & (cache->size - 1));
    if (*entry) {
        cache->bytes -= (*entry)->length;
        *cache->group_bytes -= (*entry)->length;
        bury(p, *entry);
        *entry = NULL;
    }
    cache->lowest++;
}

static bool grow(packet_cache *cache) {
    uint32_t size = cache->size ? cache->size * 2 : 256;
    packet **entries = calloc(size, sizeof *entries);
    if (!entries) return false;
    for (int64_t seq = cache->lowest; cache->size && seq <= cache->highest; seq++)
        entries[seq & (size - 1)] = cache->entries[seq & (cache->size - 1)];
    free(cache->entries);
    cache->entries = entries;
    cache->size = size;
    return true;
}

/* Takes the packet; false if there is no room for one as old as that. */
bool cache_put(plane *p, packet_cache *cache, packet *item) {
    if (cache->size == 0) {
        if (!grow(cache)) return false;
        cache->lowest = item->seq;
        cache->highest = item->seq - 1;
    }
    if (item->seq < cache->lowest) {
        if (cache->highest - item->seq >= cache->size) return false;
        cache->lowest = item->seq;
    }
    while (item->seq - cache->lowest >= cache->size) {
        if (cache->size < CACHE_ENTRIES && cache->lowest <= cache->highest && grow(cache)) continue;
        if (cache->lowest > cache->highest) cache->lowest = item->seq;
        else forget_lowest(p, cache);
    }
    if (item->seq > cache->highest) cache->highest = item->seq;
    cache->entries[item->seq & (cache->size - 1)] = item;
    cache->bytes += item->length;
    *cache->group_bytes += item->length;
    return true;
}

void cache_expire(plane *p, packet_cache *cache, double before) {
    while (cache->lowest <= cache->highest && cache->size) {
        packet *item = cache->entries[cache->lowest & (cache->size - 1)];
        bool room = cache->bytes <= CACHE_BYTES && *cache->group_bytes <= GROUP_CACHE_BYTES;
        if (item && item->arrival >= before && room) return;
        forget_lowest(p, cache);
    }
}

void cache_clear(plane *p, packet_cache *cache) {
    while (cache->size && cache->lowest <= cache->highest) forget_lowest(p, cache);
    free(cache->entries);
    *cache = (packet_cache){.group_bytes = cache->group_bytes};
}

#include "ops/lab_objects.h"

#include <string.h>

/* Of ten keys, in which the third is deleted; of four, the first is rewritten. */
enum { NAMESPACES = 20, REWRITTEN_OF = 4, DELETED_OF = 10, DELETED_FIRST = 3 };

/* So many keys share a lease if they are events: three in ten are. */
enum { LEASE_KEYS = 1667, LEASE_FIRST_ID = 0x51000000 };

struct kind {
    const char *resource;
    const char *word;      /* the names begin with it */
    unsigned share;        /* of 100 */
    unsigned value_least;  /* bytes */
    unsigned value_spread; /* added at random, small ones more often */
};

/* Events stand first. */
static const struct kind kinds[] = {
    {"events", "event", 30, 400, 600},          {"pods", "pod", 27, 1500, 4500},
    {"configmaps", "config", 13, 300, 6000},    {"secrets", "secret", 12, 500, 3000},
    {"replicasets", "set", 8, 900, 1500},       {"leases/kube-node-lease", "node", 5, 250, 100},
    {"services/specs", "service", 5, 500, 700},
};

struct random {
    uint64_t state;
};

/* xorshift64*: short, and the same everywhere. */
static uint64_t
random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545F4914F6CDD1Du;
}

static uint64_t
random_below(struct random *r, uint64_t limit)
{
    return random_next(r) % limit;
}

/* The kind and the name of key number i: always the same, so that it can be met again. */
static const struct kind *
key_of(const struct lab_objects *objects, uint64_t i, struct arena *mem, struct bytes *ret_key)
{
    struct random r = {.state = (objects->seed + 1) * 0x9E3779B97F4A7C15u ^ (i + 1)};
    const struct kind *kind = kinds;
    uint64_t draw;

    random_next(&r);
    draw = random_below(&r, 100);
    while (draw >= kind->share) {
        draw -= kind->share;
        kind++;
    }
    *ret_key = bytes_of_text(
        arena_printf(mem, "/registry/%s/team-%02llu/%s-%08llx-%llu", kind->resource,
                     (unsigned long long)random_below(&r, NAMESPACES), kind->word,
                     (unsigned long long)(random_next(&r) & 0xffffffffu), (unsigned long long)i));
    return kind;
}

/* Half readable, half not, as protobuf objects with their names and digests are. */
static struct bytes
value_of(const struct lab_objects *objects, const struct kind *kind, uint64_t i, uint64_t version,
         struct arena *mem)
{
    static const char head[] = "k8s\0\n\f\n\x02v1\x12\x06Object";
    struct random r = {.state = (objects->seed + 7) * 0xD6E8FEB86659FD93u ^ (i * 31 + version + 1)};
    uint64_t a;
    uint64_t b;
    size_t size;
    uint8_t *data;

    random_next(&r);
    a = random_below(&r, kind->value_spread);
    b = random_below(&r, kind->value_spread);
    size = kind->value_least + (size_t)(a < b ? a : b);
    data = arena_alloc(mem, size);
    memcpy(data, head, sizeof(head) - 1);
    for (size_t at = sizeof(head) - 1; at < size; at++)
        data[at] = at % 64 < 32
                       ? (uint8_t)("abcdefghijklmnopqrstuvwxyz-/.:{}"[random_next(&r) >> 59])
                       : (uint8_t)(random_next(&r) >> 56);
    return bytes_of(data, size);
}

/* The keys of a round: first, step. */
static void
round_of(const struct lab_objects *objects, uint64_t round, uint64_t *ret_first, uint64_t *ret_step)
{
    bool deletes = round == objects->rewrites + 1;

    *ret_first = deletes ? DELETED_FIRST : 0;
    *ret_step = round == 0 ? 1 : deletes ? DELETED_OF : REWRITTEN_OF;
}

/* On to the next round that has keys; false behind the last. */
static bool
round_begin(struct lab_walk *walk)
{
    uint64_t step;

    while (walk->round <= walk->objects->rewrites) {
        walk->round++;
        round_of(walk->objects, walk->round, &walk->next, &step);
        if (walk->next < walk->objects->key_count)
            return true;
    }
    return false;
}

bool
lab_walk_next(struct arena *mem, struct lab_walk *walk, struct lab_change *ret_change)
{
    const struct lab_objects *objects = walk->objects;
    const struct kind *kind;
    uint64_t first;
    uint64_t step;

    if (walk->next >= objects->key_count && !round_begin(walk))
        return false;
    round_of(objects, walk->round, &first, &step);
    *ret_change = (struct lab_change){
        .number = walk->next,
        .deletes = walk->round == objects->rewrites + 1,
        .version = walk->round + 1,
        .ends = walk->next + step >= objects->key_count,
    };
    kind = key_of(objects, walk->next, mem, &ret_change->key);
    if (!ret_change->deletes) {
        ret_change->value = value_of(objects, kind, walk->next, walk->round, mem);
        if (objects->with_leases && kind == kinds)
            ret_change->lease = lab_objects_lease(objects, walk->next / LEASE_KEYS);
    }
    walk->next += step;
    return true;
}

uint64_t
lab_objects_rewritten(const struct lab_objects *objects)
{
    return (objects->key_count + REWRITTEN_OF - 1) / REWRITTEN_OF * objects->rewrites;
}

uint64_t
lab_objects_deleted(const struct lab_objects *objects)
{
    return (objects->key_count + DELETED_OF - 1 - DELETED_FIRST) / DELETED_OF;
}

uint64_t
lab_objects_lease_count(const struct lab_objects *objects)
{
    return objects->with_leases ? (objects->key_count + LEASE_KEYS - 1) / LEASE_KEYS : 0;
}

int64_t
lab_objects_lease(const struct lab_objects *objects, uint64_t i)
{
    return LEASE_FIRST_ID + (int64_t)(objects->seed % 1000 * 1000000 + i);
}

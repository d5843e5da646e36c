#include "ops/key_export.h"

#include "base/map.h"

enum { WRITE_BYTES = 256 << 10 };

struct lease {
    int64_t ttl_s;
    bool told; /* its line is written */
};

struct exporter {
    const struct key_export_request *request;
    struct arena mem; /* of the leases */
    struct map leases;
    struct buf out;
    struct sha256 *sha256;
    struct key_export_result result;
};

static bool
flush(struct exporter *x, struct error *e)
{
    bool ok;

    sha256_update(x->sha256, x->out.data, x->out.size);
    x->result.file_bytes += x->out.size;
    ok = x->out.size == 0 || x->request->write(x->request->context, buf_bytes(&x->out), e);
    buf_clear(&x->out);
    return ok;
}

static struct lease *
lease_of(struct exporter *x, int64_t id)
{
    void **place = map_place(&x->mem, &x->leases, bytes_of(&id, sizeof(id)));

    if (*place == NULL)
        *place = arena_zero(&x->mem, sizeof(struct lease));
    return *place;
}

static bool
lease_take(void *context, int64_t id, int64_t ttl_s, struct error *e UNUSED)
{
    lease_of(context, id)->ttl_s = ttl_s;
    return true;
}

/* In front of the first key that it is attached to. */
static void
lease_put(struct exporter *x, int64_t id)
{
    struct lease *lease = lease_of(x, id);
    const struct key_export_lease line = {id, lease->ttl_s};

    if (lease->told)
        return;
    lease->told = true;
    key_export_lease_encode(&x->out, &line);
    x->result.end.leases++;
}

static bool
row_put(void *context, const struct key_row *row, struct error *e)
{
    struct exporter *x = context;

    if (row->kv.lease != 0)
        lease_put(x, row->kv.lease);
    key_export_key_encode(&x->out, &row->kv);
    x->result.end.keys++;
    x->result.end.bytes += row->kv.key.size + row->kv.value.size;
    return x->out.size < WRITE_BYTES || flush(x, e);
}

/* Without the right to ask, or with leases that cannot be read, the keys are exported all the same. */
static void
leases_read(struct arena *mem, struct exporter *x, struct key_source *source)
{
    struct error problem = ERROR_INIT;

    if (!key_source_leases(source, lease_take, x, &problem))
        x->result.lease_problem = arena_text(mem, problem.text);
}

static bool
lines_put(struct exporter *x, struct key_source *source, const struct key_range *range,
          struct error *e)
{
    const struct key_export_header header = {x->result.revision, x->request->prefix};

    key_export_header_encode(&x->out, &header);
    if (!key_source_live(source, range, x->result.revision, KEY_READ_GENTLY, row_put, x, e) ||
        !flush(x, e))
        return false;
    sha256_finish(x->sha256, x->result.end.sha256);
    key_export_end_encode(&x->out, &x->result.end);
    return flush(x, e);
}

bool
key_export(struct arena *mem, struct key_source *source, const struct key_export_request *request,
           struct key_export_result *ret_result, struct error *e)
{
    AUTO_SHA256 sha256 = sha256_new();
    AUTO_ARENA tmp = ARENA_INIT;
    struct exporter x = {.request = request, .sha256 = sha256};
    const struct key_range range =
        request->range != NULL ? *request->range : key_range_prefix(&tmp, request->prefix);
    bool ok;

    x.result.revision = request->revision > 0 ? request->revision : source->revision;
    leases_read(mem, &x, source);
    ok = lines_put(&x, source, &range, e);
    buf_release(&x.out);
    arena_release(&x.mem);
    if (ok)
        *ret_result = x.result;
    return ok;
}

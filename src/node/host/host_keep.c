#include "node/host/host_keep.h"

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "node/host/host_script.h"

static bool
kept_fetch(struct arena *mem, const struct host *host, const char *path, struct host_kept *ret_kept,
           struct error *e)
{
    struct host_kept kept = {.path = path};

    if (!host_file_look(mem, host, path, &kept.file, e))
        return false;
    if (kept.file.kind != HOST_NOTHING && kept.file.kind != HOST_FILE)
        return error_set(e, ERROR_REFUSED, "%s: '%s' is not a regular file", host_name(host), path);
    if (kept.file.kind == HOST_FILE &&
        !host_file_read(mem, host, path, HOST_KEEP_FILE_MOST, &kept.content, e))
        return false;
    *ret_kept = kept;
    return true;
}

static void
kept_encode(struct json_writer *w, const struct host_kept *kept)
{
    bool there = kept->file.kind == HOST_FILE;

    json_object_begin(w);
    json_key_text(w, "path", kept->path);
    json_key_bool(w, "there", there);
    if (there) {
        json_key_u64(w, "uid", kept->file.uid);
        json_key_u64(w, "gid", kept->file.gid);
        json_key_u64(w, "mode", kept->file.mode);
        json_key_text(w, "label", kept->file.label != NULL ? kept->file.label : "");
        json_key(w, "content");
        json_base64(w, kept->content);
    }
    json_object_end(w);
}

static bool
keeping_write(const struct host *host, const char *path, const struct host_keeping *keeping,
              struct error *e)
{
    static const struct host_file dir = {.kind = HOST_DIR, .mode = 0700};
    static const struct host_file file = {.kind = HOST_FILE, .mode = 0600};
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    const struct host_file_new new = {.path = path, .like = &file};
    struct json_writer w;

    json_writer_init(&w, &text, 1);
    json_object_begin(&w);
    json_key(&w, "kept");
    json_array_begin(&w);
    for (size_t i = 0; i < keeping->items.count; i++)
        kept_encode(&w, &keeping->items.items[i]);
    json_array_end(&w);
    json_object_end(&w);
    return host_dir_make(host, path_dir(&tmp, path), &dir, e) &&
           host_file_replace(host, &new, buf_bytes(&text), e);
}

bool
host_keep(const struct host *host, const char *keeping, const char *const *paths, size_t count,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_keeping all = {0};
    struct host_file there;

    if (!host_file_look(&tmp, host, keeping, &there, e))
        return false;
    if (there.kind != HOST_NOTHING)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!kept_fetch(&tmp, host, paths[i], ARRAY_PUSH(&tmp, &all.items), e))
            return false;
    }
    return keeping_write(host, keeping, &all, e);
}

static bool
kept_decode(struct arena *mem, const struct json *json, struct host_kept *kept, struct error *e)
{
    AUTO_BUF content = BUF_INIT;
    const char *label;
    struct bytes text;
    uint64_t uid, gid, mode;
    bool there;

    if (!json_get_text(mem, json, "path", &kept->path, e) ||
        !json_get_bool(json, "there", &there, e))
        return false;
    kept->file.kind = there ? HOST_FILE : HOST_NOTHING;
    if (!there)
        return true;
    if (!json_get_u64(json, "uid", &uid, e) || !json_get_u64(json, "gid", &gid, e) ||
        !json_get_u64(json, "mode", &mode, e) || !json_get_text(mem, json, "label", &label, e) ||
        !json_get_bytes(mem, json, "content", &text, e))
        return false;
    if (uid > UINT32_MAX || gid > UINT32_MAX || mode > 07777 || !base64_decode(&content, text))
        return error_set(e, ERROR_FORMAT, "'%s': no base64, or no owner and mode", kept->path);
    kept->file.uid = (uid_t)uid;
    kept->file.gid = (gid_t)gid;
    kept->file.mode = (mode_t)mode;
    kept->file.label = label[0] != '\0' ? label : NULL;
    kept->content = arena_copy(mem, buf_bytes(&content));
    return true;
}

bool
host_keeping_read(struct arena *mem, const struct host *host, const char *path,
                  struct host_keeping *ret_keeping, struct error *e)
{
    struct host_keeping all = {0};
    const struct json *doc;
    const struct json *kept;
    struct bytes text;

    if (!host_file_read(mem, host, path, HOST_KEEP_MOST, &text, e))
        return false;
    if (!json_parse(mem, text, &doc, e) || !json_get_array(doc, "kept", &kept, e))
        goto damaged;
    for (size_t i = 0; i < json_array_count(kept); i++) {
        if (!kept_decode(mem, json_array_at(kept, i), ARRAY_PUSH(mem, &all.items), e))
            goto damaged;
    }
    *ret_keeping = all;
    return true;

damaged:
    e->code = ERROR_CORRUPT;
    return error_wrap(e, "%s: '%s'", host_name(host), path);
}

/* A directory that was not there stays while something is in it. */
static bool
kept_remove(const struct host *host, const char *path, struct error *e)
{
    static const char script[] = "[ -e \"$1\" ] || [ -L \"$1\" ] || exit 0\n"
                                 "if [ -d \"$1\" ] && [ ! -L \"$1\" ]; then\n"
                                 "    rmdir --ignore-fail-on-non-empty -- \"$1\"\n"
                                 "else\n"
                                 "    rm -f -- \"$1\"\n"
                                 "fi && sync -- \"$2\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {path_dir(&tmp, path), NULL};
    struct host_result result;

    return host_script(&tmp, host, script, path, rest, &(struct host_command){0}, &result, e);
}

bool
host_kept_put_back(const struct host *host, const struct host_kept *kept, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_file_new new = {.path = kept->path, .like = &kept->file};
    struct host_kept now;

    if (kept->file.kind == HOST_NOTHING)
        return kept_remove(host, kept->path, e);
    if (!kept_fetch(&tmp, host, kept->path, &now, e))
        return false;
    if (now.file.kind == HOST_FILE && now.file.uid == kept->file.uid &&
        now.file.gid == kept->file.gid && now.file.mode == kept->file.mode &&
        bytes_equal(now.content, kept->content))
        return true;
    return host_file_replace(host, &new, kept->content, e);
}

bool
host_put_back(const struct host *host, const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_keeping all;

    if (!host_keeping_read(&tmp, host, keeping, &all, e))
        return false;
    for (size_t i = 0; i < all.items.count; i++) {
        if (!host_kept_put_back(host, &all.items.items[i], e))
            return false;
    }
    return true;
}

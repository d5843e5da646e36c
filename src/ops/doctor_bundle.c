#include "ops/doctor_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file_draft.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/spawn.h"
#include "base/time.h"
#include "format/etcd_log_redact.h"

enum { TAR_MS = 120 * 1000, TAR_OUTPUT_MOST = 4096 };

struct bundle {
    struct arena *mem;
    const struct doctor_picture *picture;
    const char *tmp;  /* ours alone, until the archive is made */
    const char *name; /* of the archive's one folder */
    ARRAY(const char *) files;
    ARRAY(const char *) dirs;
    struct file_draft draft;
    uint64_t size;
};

/* --- its folder --- */

static bool
dir_add(struct bundle *b, const char *path, struct error *e)
{
    if (mkdir(path, 0700) != 0)
        return error_set_errno(e, errno, "cannot create '%s'", path);
    *ARRAY_PUSH(b->mem, &b->dirs) = path;
    return true;
}

static bool
begin(struct bundle *b, struct error *e)
{
    const char *dir = getenv("TMPDIR");
    char *tmp = arena_printf(b->mem, "%s/quorate-bundle-XXXXXX",
                             dir != NULL && dir[0] != '\0' ? dir : "/tmp");

    if (mkdtemp(tmp) == NULL)
        return error_set_errno(e, errno, "cannot create '%s'", tmp);
    b->tmp = tmp;
    *ARRAY_PUSH(b->mem, &b->dirs) = tmp;
    b->name = arena_printf(b->mem, "quorate-doctor-%s",
                           time_compact(b->mem, b->picture->view->taken_s * 1000));
    return dir_add(b, path_join(b->mem, tmp, b->name), e);
}

static void
end(struct bundle *b)
{
    for (size_t i = 0; i < b->files.count; i++)
        (void)unlink(b->files.items[i]);
    for (size_t i = b->dirs.count; i > 0; i--)
        (void)rmdir(b->dirs.items[i - 1]);
    file_draft_drop(&b->draft);
}

static bool
file_add(struct bundle *b, const char *name, const struct buf *text, struct error *e)
{
    const char *path = arena_printf(b->mem, "%s/%s/%s", b->tmp, b->name, name);
    int fd;
    bool ok;

    if (!file_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, e))
        return false;
    *ARRAY_PUSH(b->mem, &b->files) = path;
    ok = fd_write_all(fd, path, text->data, text->size, e);
    fd_close(&fd);
    return ok;
}

/* --- what is in it --- */

static bool
findings_add(struct bundle *b, const struct diagnosis *diagnosis, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &text, 2);
    json_object_begin(&w);
    json_key_text(&w, "verdict", verdict_word(diagnosis->verdict));
    json_key_text(&w, "summary", diagnosis->summary);
    json_key(&w, "findings");
    json_array_begin(&w);
    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        const struct doctor_finding *f = &diagnosis->findings[i];

        json_object_begin(&w);
        json_key_text(&w, "severity", severity_of_verdict_word(f->severity));
        json_key_text(&w, "rule", f->rule->id);
        json_key_text(&w, "member", f->member);
        json_key_text(&w, "text", f->text);
        json_key_text(&w, "evidence", f->evidence);
        json_key_text(&w, "command", f->command);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&text, '\n');
    return file_add(b, "findings.json", &text, e);
}

static void
status_write(struct json_writer *w, const struct member_view *m)
{
    json_key_text(w, "version", m->status.version);
    json_key_id(w, "leader", m->status.leader);
    json_key_bool(w, "learner", m->status.is_learner);
    json_key_u64(w, "raft_term", m->status.raft_term);
    json_key_u64(w, "raft_index", m->status.raft_index);
    json_key_u64(w, "raft_applied_index", m->status.raft_applied_index);
    json_key_i64(w, "db_size_bytes", m->status.db_size_bytes);
    json_key_i64(w, "db_size_in_use_bytes", m->status.db_size_in_use_bytes);
    json_key_i64(w, "took_us", m->took_us);
}

static void
member_write(struct json_writer *w, const struct member_picture *m)
{
    const struct host_picture *h = m->host;

    json_object_begin(w);
    json_key_text(w, "name", m->label);
    json_key_id(w, "id", m->view->member.id);
    json_key_text(w, "endpoint", m->view->endpoint != NULL ? m->view->endpoint : "");
    if (m->view->known)
        status_write(w, m->view);
    else
        json_key_text(w, "unknown_because", m->view->unknown_because.text);
    if (h != NULL && h->disk_state == FACT_KNOWN) {
        json_key_text(w, "data_dir", h->data_dir);
        json_key_text(w, "file_system", h->disk.file_system);
        json_key_u64(w, "disk_size_bytes", h->disk.size_bytes);
        json_key_u64(w, "disk_free_bytes", h->disk.free_bytes);
    }
    json_object_end(w);
}

static bool
members_add(struct bundle *b, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &text, 2);
    json_object_begin(&w);
    json_key_id(&w, "cluster_id", b->picture->view->cluster_id);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < b->picture->member_count; i++)
        member_write(&w, &b->picture->members[i]);
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&text, '\n');
    return file_add(b, "members.json", &text, e);
}

/* What opens something, or names somebody's discovery cluster. */
static bool
is_secret(const char *setting)
{
    return strstr(setting, "password") != NULL || strstr(setting, "token") != NULL ||
           strncmp(setting, "discovery", strlen("discovery")) == 0;
}

static void
settings_write(struct buf *text, const struct etcd_settings *settings)
{
    for (size_t i = 0; i < settings->items.count; i++) {
        const struct etcd_setting *s = &settings->items.items[i];

        buf_printf(text, "%s --%s=%s", s->in_force ? " " : "#", s->name,
                   is_secret(s->name) ? "(left out)" : s->value);
        if (s->file != NULL)
            buf_printf(text, "    %s:%u", s->file, s->line);
        buf_append_byte(text, '\n');
    }
}

static void
log_write(struct arena *mem, struct buf *text, const char *log)
{
    char *rest = arena_text(mem, log);
    size_t left_out = 0;

    while (rest != NULL) {
        const char *line = strsep(&rest, "\n");
        const char *shown = etcd_log_redacted(mem, line);

        if (shown != NULL)
            buf_printf(text, "%s\n", shown);
        else
            left_out += line[0] != '\0';
    }
    if (left_out > 0)
        buf_printf(text, "(%zu lines of no known form are left out)\n", left_out);
}

/* A name is anything that its operator likes. */
static const char *
folder_of(struct bundle *b, const struct member_picture *m)
{
    char *name = arena_text(b->mem, m->label);

    for (char *c = name; *c != '\0'; c++) {
        if (*c == '/' || *c == '.')
            *c = '_';
    }
    return arena_printf(b->mem, "%s-%llx", name, (unsigned long long)m->view->member.id);
}

static bool
part_add(struct bundle *b, const char *folder, const char *name, const struct buf *text,
         struct error *e)
{
    return text->size == 0 || file_add(b, arena_printf(b->mem, "%s/%s", folder, name), text, e);
}

static bool
member_add(struct bundle *b, const struct member_picture *m, struct error *e)
{
    const char *folder = folder_of(b, m);
    AUTO_BUF settings = BUF_INIT;
    AUTO_BUF log = BUF_INIT;
    AUTO_BUF metrics = BUF_INIT;

    if (m->host != NULL && m->host->settings_state == FACT_KNOWN)
        settings_write(&settings, &m->host->settings);
    if (m->host != NULL && m->host->log_text != NULL)
        log_write(b->mem, &log, m->host->log_text);
    buf_append(&metrics, m->metrics.page.data, m->metrics.page.size);
    return dir_add(b, arena_printf(b->mem, "%s/%s/%s", b->tmp, b->name, folder), e) &&
           part_add(b, folder, "settings.txt", &settings, e) &&
           part_add(b, folder, "log.txt", &log, e) &&
           part_add(b, folder, "metrics.txt", &metrics, e);
}

static bool
about_add(struct bundle *b, struct error *e)
{
    AUTO_BUF text = BUF_INIT;

    buf_printf(&text,
               "What 'quorate doctor' saw of etcd cluster %llx at %s, and what it found.\n\n"
               "findings.json         what is wrong, with evidence\n"
               "members.json          the members, and what each said of itself\n"
               "NAME-ID/metrics.txt   its figures\n"
               "NAME-ID/settings.txt  how it is started next, and where that stands\n"
               "NAME-ID/log.txt       its last lines, without what requests were about\n\n"
               "Names of hosts, addresses and paths are in it. Keys, values, passwords and tokens "
               "are not.\n",
               (unsigned long long)b->picture->view->cluster_id,
               time_rfc3339(b->mem, b->picture->view->taken_s * 1000));
    return file_add(b, "about.txt", &text, e);
}

static bool
fill(struct bundle *b, const struct diagnosis *diagnosis, struct error *e)
{
    if (!about_add(b, e) || !findings_add(b, diagnosis, e) || !members_add(b, e))
        return false;
    for (size_t i = 0; i < b->picture->member_count; i++) {
        if (!member_add(b, &b->picture->members[i], e))
            return false;
    }
    return true;
}

/* --- the archive --- */

static bool
no_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
         struct error *e)
{
    (void)context;
    (void)ret_data;
    (void)most;
    (void)e;
    *ret_size = 0;
    *ret_wait = false;
    return true;
}

static bool
archive_take(void *context, bool is_error, struct bytes part, struct error *e)
{
    struct bundle *b = context;

    if (is_error)
        return true;
    b->size += part.size;
    return fd_write_all(b->draft.fd, b->draft.path, part.data, part.size, e);
}

static bool
pack(struct bundle *b, struct error *e)
{
    const char *const argv[] = {"tar", "-c", "-z", "-f", "-", "-C", b->tmp, b->name, NULL};
    const struct spawn_flow flow = {.context = b, .input = no_input, .output = archive_take};
    const struct spawn_request request = {.argv = argv,
                                          .flow = &flow,
                                          .timeout_ms = TAR_MS,
                                          .output_max = TAR_OUTPUT_MOST,
                                          .interruptible = true,
                                          .dies_with_parent = true};
    struct spawn_result result;

    if (!spawn_run(b->mem, &request, &result, e))
        return false;
    return result.exit_code == 0 ||
           error_set(e, ERROR_FAILED, "tar ended with exit code %d", result.exit_code);
}

bool
doctor_bundle_write(struct arena *mem, const char *path, const struct doctor_picture *picture,
                    const struct diagnosis *diagnosis, struct doctor_bundle *ret_bundle,
                    struct error *e)
{
    struct bundle b = {.mem = mem, .picture = picture, .draft = FILE_DRAFT_INIT};
    bool ok;

    if (path_exists(path))
        return error_set(e, ERROR_EXISTS, "'%s' is there already", path);
    ok = file_draft_open(path, &b.draft, e) && begin(&b, e) && fill(&b, diagnosis, e) &&
         pack(&b, e) && file_draft_keep_new(&b.draft, e);
    *ret_bundle =
        (struct doctor_bundle){.path = path, .file_count = b.files.count, .size_bytes = b.size};
    end(&b);
    return ok;
}

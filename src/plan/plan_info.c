#include "plan/plan_info.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "plan/journal.h"
#include "plan/lock.h"

enum { STEPS_MOST = 10000 };

const char *
plan_state_word(enum plan_state state)
{
    static const char *const words[] = {
        [PLAN_STATE_UNFINISHED] = "unfinished",
        [PLAN_STATE_RUNNING] = "running",
        [PLAN_STATE_DONE] = "done",
        [PLAN_STATE_UNDONE] = "undone",
        [PLAN_STATE_FAILED] = "failed",
    };

    return words[state];
}

const char *
step_state_word(enum step_state state)
{
    static const char *const words[] = {
        [STEP_STATE_WAITING] = "waiting", [STEP_STATE_SKIPPED] = "skipped",
        [STEP_STATE_BEGUN] = "begun",     [STEP_STATE_DONE] = "done",
        [STEP_STATE_UNDOING] = "undoing", [STEP_STATE_UNDONE] = "undone",
    };

    return words[state];
}

const char *
plan_journal_path(struct arena *mem, const char *state_dir, const char *id)
{
    return arena_printf(mem, "%s/plans/%s/" JOURNAL_FILE, state_dir, id);
}

static bool
steps_decode(struct arena *mem, const struct json *record, struct plan_info *info, struct error *e)
{
    const struct json *steps;

    if (!json_get_array(record, "steps", &steps, e))
        return false;
    if (json_array_count(steps) > STEPS_MOST)
        return error_set(e, ERROR_LIMIT, "%zu steps, at most %d are expected",
                         json_array_count(steps), STEPS_MOST);
    for (size_t i = 0; i < json_array_count(steps); i++) {
        const struct json *item = json_array_at(steps, i);
        struct step_info *step = ARRAY_PUSH(mem, &info->steps);

        if (!json_get_text(mem, item, "label", &step->label, e) ||
            !json_get_text(mem, item, "intent", &step->intent, e))
            return false;
        if (json_get(item, "undo_note") != NULL &&
            !json_get_text(mem, item, "undo_note", &step->undo_note, e))
            return false;
    }
    return true;
}

/* The first record: what the plan is. */
static bool
header_decode(struct arena *mem, const struct json *record, struct plan_info *info, struct error *e)
{
    const struct json *inputs = json_get(record, "inputs");
    uint64_t format;

    if (!json_get_u64(record, "format", &format, e))
        return false;
    if (format > JOURNAL_FORMAT)
        return error_set(e, ERROR_TOO_NEW, "journal format %llu, newest known is %d",
                         (unsigned long long)format, JOURNAL_FORMAT);
    if (!json_is_object(inputs))
        return error_set(e, ERROR_FORMAT, "'inputs' is not an object");
    info->inputs = json_print(mem, inputs);
    if (json_get(inputs, "cluster") != NULL &&
        !json_get_text(mem, inputs, "cluster", &info->known_as, e))
        return error_wrap(e, "'inputs'");
    return json_get_i64(record, "at", &info->created_ms, e) &&
           json_get_text(mem, record, "id", &info->id, e) &&
           json_get_text(mem, record, "kind", &info->kind, e) &&
           json_get_text(mem, record, "cluster", &info->cluster, e) &&
           json_get_text(mem, record, "title", &info->title, e) &&
           json_get_text(mem, record, "quorate", &info->version, e) &&
           steps_decode(mem, record, info, e);
}

static bool
step_of(const struct plan_info *info, const struct json *record, struct step_info **ret_step,
        struct error *e)
{
    uint64_t number;

    if (!json_get_u64(record, "step", &number, e))
        return false;
    if (number >= info->steps.count)
        return error_set(e, ERROR_FORMAT, "step %llu of %zu", (unsigned long long)number,
                         info->steps.count);
    *ret_step = &info->steps.items[number];
    return true;
}

static bool
apply_step(struct plan_info *info, const struct json *record, enum step_state state,
           struct error *e)
{
    struct step_info *step;

    if (!step_of(info, record, &step, e))
        return false;
    step->state = state;
    if (state == STEP_STATE_BEGUN)
        step->began = true;
    if (state == STEP_STATE_UNDONE)
        step->began = false;
    return true;
}

static bool
apply_mark(struct arena *mem, struct plan_info *info, const struct json *record, struct error *e)
{
    struct plan_mark_info mark;

    if (!json_get_text(mem, record, "key", &mark.key, e) ||
        !json_get_text(mem, record, "value", &mark.value, e))
        return false;
    for (size_t i = 0; i < info->marks.count; i++) {
        if (strcmp(info->marks.items[i].key, mark.key) == 0) {
            info->marks.items[i] = mark;
            return true;
        }
    }
    *ARRAY_PUSH(mem, &info->marks) = mark;
    return true;
}

static bool
apply_end(struct arena *mem, struct plan_info *info, const struct json *record, struct error *e)
{
    static const enum plan_state ends[] = {PLAN_STATE_DONE, PLAN_STATE_UNDONE, PLAN_STATE_FAILED};
    const char *word;

    if (!json_get_text(mem, record, "state", &word, e))
        return false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strcmp(word, plan_state_word(ends[i])) == 0) {
            info->state = ends[i];
            return true;
        }
    }
    return error_set(e, ERROR_FORMAT, "a plan cannot end as '%s'", word);
}

bool
plan_info_apply(struct arena *mem, struct plan_info *info, const struct json *record,
                struct error *e)
{
    static const struct {
        const char *type;
        enum step_state state;
    } step_records[] = {
        {"begin", STEP_STATE_BEGUN},     {"done", STEP_STATE_DONE},
        {"skipped", STEP_STATE_SKIPPED}, {"undoing", STEP_STATE_UNDOING},
        {"undone", STEP_STATE_UNDONE},
    };
    const char *type;

    if (!json_get_text(mem, record, "type", &type, e) ||
        !json_get_i64(record, "at", &info->changed_ms, e))
        return false;
    for (size_t i = 0; i < sizeof(step_records) / sizeof(step_records[0]); i++) {
        if (strcmp(type, step_records[i].type) == 0)
            return apply_step(info, record, step_records[i].state, e);
    }
    if (strcmp(type, "mark") == 0)
        return apply_mark(mem, info, record, e);
    if (strcmp(type, "end") == 0)
        return apply_end(mem, info, record, e);
    if (strcmp(type, "stopped") == 0)
        return json_get_text(mem, record, "error", &info->failure, e);
    if (strcmp(type, "undo") == 0) {
        info->undoing = true;
        info->state = PLAN_STATE_UNFINISHED;
        return true;
    }
    if (strcmp(type, "resume") == 0)
        return true;
    return error_set(e, ERROR_FORMAT, "record of unknown type '%s'", type);
}

bool
plan_info_decode(struct arena *mem, const struct journal_content *content,
                 struct plan_info **ret_info, struct error *e)
{
    struct plan_info *info = arena_zero(mem, sizeof(*info));

    if (content->records.count == 0)
        return error_set(e, ERROR_NOT_FOUND, "the journal has no record: nothing was done");
    if (!header_decode(mem, content->records.items[0], info, e))
        return error_wrap(e, "line 1");
    info->changed_ms = info->created_ms;
    info->torn = content->torn;
    for (size_t i = 1; i < content->records.count; i++) {
        if (!plan_info_apply(mem, info, content->records.items[i], e))
            return error_wrap(e, "line %zu", i + 1);
    }
    *ret_info = info;
    return true;
}

static bool
info_read(struct arena *mem, const char *state_dir, const char *id, struct plan_info **ret_info,
          struct error *e)
{
    const char *path = plan_journal_path(mem, state_dir, id);
    struct journal_content content;
    struct lock_holder holder;
    struct plan_info *info;

    if (!journal_read(mem, path, &content, e))
        return false;
    if (!plan_info_decode(mem, &content, &info, e))
        return error_wrap(e, "'%s'", path);
    if (!lock_holder_find(mem, state_dir, info->cluster, &holder, e))
        return false;
    if (holder.pid > 0 && strcmp(holder.plan, info->id) == 0) {
        info->state = PLAN_STATE_RUNNING;
        info->pid = holder.pid;
    }
    *ret_info = info;
    return true;
}

/* Names in STATE/plans, sorted: by time, with which ids begin. None when it does not exist. */
static bool
plan_ids(struct arena *mem, const char *state_dir, const char ***ret_ids, size_t *ret_count,
         struct error *e)
{
    if (dir_list(mem, arena_printf(mem, "%s/plans", state_dir), ret_ids, ret_count, e))
        return true;
    if (e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    *ret_ids = NULL;
    *ret_count = 0;
    return true;
}

static bool
id_complete(struct arena *mem, const char *state_dir, const char *start, const char **ret_id,
            struct error *e)
{
    const char **ids;
    const char *found = NULL;
    size_t count;

    if (!plan_ids(mem, state_dir, &ids, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(ids[i], start, strlen(start)) != 0)
            continue;
        if (found != NULL) {
            error_set_(e, ERROR_CONFLICT, 0, "'%s' fits several plans: '%s' and '%s'", start, found,
                       ids[i]);
            return error_hint(e, "give more of the id; 'quorate plan list' shows all");
        }
        found = ids[i];
        if (strcmp(found, start) == 0)
            break;
    }
    if (found == NULL || start[0] == '\0') {
        error_set_(e, ERROR_NOT_FOUND, 0, "no plan '%s' in '%s'", start, state_dir);
        return error_hint(e, "'quorate plan list' shows all plans");
    }
    *ret_id = found;
    return true;
}

bool
plan_info_load(struct arena *mem, const char *state_dir, const char *id,
               struct plan_info **ret_info, struct error *e)
{
    const char *whole;

    return id_complete(mem, state_dir, id, &whole, e) &&
           info_read(mem, state_dir, whole, ret_info, e);
}

/* Ids sort by the second only. Unreadable plans, whose time nobody knows, stay by their ids. */
static int
entry_compare(const void *a, const void *b)
{
    const struct plan_list_entry *x = a;
    const struct plan_list_entry *y = b;

    if (x->info != NULL && y->info != NULL && x->info->created_ms != y->info->created_ms)
        return x->info->created_ms < y->info->created_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

static bool
is_of_cluster(const struct plan_info *info, const char *cluster)
{
    return cluster == NULL || strcmp(cluster, info->cluster) == 0 ||
           (info->known_as != NULL && strcmp(cluster, info->known_as) == 0);
}

bool
plan_list(struct arena *mem, const char *state_dir, const char *cluster,
          struct plan_list_entry **ret_entries, size_t *ret_count, struct error *e)
{
    ARRAY(struct plan_list_entry) entries = ARRAY_INIT;
    const char **ids;
    size_t count;

    if (!plan_ids(mem, state_dir, &ids, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct error problem = ERROR_INIT;
        struct plan_info *info = NULL;

        if (!info_read(mem, state_dir, ids[i], &info, &problem)) {
            /* Killed before its first record was whole: there never was a plan. */
            if (problem.code == ERROR_NOT_FOUND)
                continue;
            *ARRAY_PUSH(mem, &entries) =
                (struct plan_list_entry){.id = ids[i], .error = arena_text(mem, problem.text)};
        } else if (is_of_cluster(info, cluster)) {
            *ARRAY_PUSH(mem, &entries) = (struct plan_list_entry){.id = ids[i], .info = info};
        }
    }
    if (entries.count > 0)
        qsort(entries.items, entries.count, sizeof(*entries.items), entry_compare);
    *ret_entries = entries.items;
    *ret_count = entries.count;
    return true;
}

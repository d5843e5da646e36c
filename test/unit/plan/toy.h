/*
 * A toy procedure for the engine's tests: the world is a folder of files, and each function of each
 * step can be made to fail.
 */
#ifndef TEST_PLAN_TOY_H
#define TEST_PLAN_TOY_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "plan/engine.h"
#include "plan/journal.h"

/* What the next calls shall do; part of no plan. */
static struct {
    const char *where; /* "run make b", "check make a"; NULL: nothing */
    const char *also;  /* a second place */
    enum error_code code;
    bool after;      /* fail after the work was done (a lost answer) */
    bool kill;       /* SIGKILL in the middle of it instead */
    unsigned passes; /* pass so many times first */
    int calls;       /* calls of any function */
} toy_inject;

struct toy_op {
    struct plan *plan;
    const char *world;
    const char *file;
};

static bool
toy_hit(const char *function, const struct toy_op *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    const char *here = arena_printf(&tmp, "%s %s", function, op->file);

    toy_inject.calls++;
    if ((toy_inject.where == NULL || strcmp(toy_inject.where, here) != 0) &&
        (toy_inject.also == NULL || strcmp(toy_inject.also, here) != 0))
        return false;
    if (toy_inject.passes > 0) {
        toy_inject.passes--;
        return false;
    }
    if (toy_inject.kill)
        raise(SIGKILL);
    error_set_(e, toy_inject.code, 0, "injected");
    return true;
}

static const char *
toy_path(struct arena *mem, const struct toy_op *op)
{
    return path_join(mem, op->world, op->file);
}

/* make FILE: creates a file; undo removes it. */

static bool
toy_make_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (toy_hit("check", op, e))
        return false;
    *ret_progress = path_exists(toy_path(&tmp, op)) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
toy_make_guard(void *op, struct error *e)
{
    return !toy_hit("guard", op, e);
}

static bool
toy_make_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!toy_inject.after && toy_hit("run", op, e))
        return false;
    if (!file_replace(toy_path(&tmp, op), BYTES_LITERAL("made"), 0600, e))
        return false;
    return !toy_inject.after || !toy_hit("run", op, e);
}

static bool
toy_make_verify(void *op, struct error *e)
{
    enum progress progress;

    if (toy_hit("verify", op, e) || !toy_make_check(op, &progress, e))
        return false;
    return progress == PROGRESS_DONE || error_set(e, ERROR_VERIFY, "the file is not there");
}

static bool
toy_make_undo_guard(void *op, struct error *e)
{
    return !toy_hit("undo-guard", op, e);
}

static bool
toy_make_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return !toy_hit("undo", op, e) && tree_remove(toy_path(&tmp, op), e);
}

static const char *
toy_field(const void *op, struct arena *mem, const char *name)
{
    (void)mem;
    return strcmp(name, "file") == 0 ? ((const struct toy_op *)op)->file : NULL;
}

static const struct step toy_make = {
    .name = "make",
    .intent = "make %{file} in %{world}",
    .field = toy_field,
    .check = toy_make_check,
    .guard = toy_make_guard,
    .run = toy_make_run,
    .verify = toy_make_verify,
    .undo_guard = toy_make_undo_guard,
    .undo = toy_make_undo,
    .timeout_s = 1,
};

/* As make, but for good. */
static const struct step toy_cross = {
    .name = "cross",
    .intent = "make %{file} for good",
    .field = toy_field,
    .check = toy_make_check,
    .run = toy_make_run,
    .undo_note = "what was made stays",
};

/* change FILE: new content; the old is kept in a mark, since nothing else knows it any more. */

static bool
toy_change_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content;

    if (toy_hit("check", op, e) || !file_read_all(&tmp, toy_path(&tmp, op), 100, &content, e))
        return false;
    *ret_progress = bytes_equal_text(content, "new") ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
toy_change_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct toy_op *toy = op;
    struct bytes content;

    if (toy_hit("run", op, e) || !file_read_all(&tmp, toy_path(&tmp, op), 100, &content, e) ||
        !plan_mark(toy->plan, "old", (const char *)content.data, e))
        return false;
    plan_note(toy->plan, "old content is %zu bytes", content.size);
    plan_progress(toy->plan, 1, 2);
    return file_replace(toy_path(&tmp, op), BYTES_LITERAL("new"), 0600, e);
}

static bool
toy_change_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct toy_op *toy = op;
    const char *old = plan_mark_get(toy->plan, "old");

    if (toy_hit("undo", op, e))
        return false;
    /* No mark: nothing was changed. */
    return old == NULL || file_replace(toy_path(&tmp, op), bytes_of_text(old), 0600, e);
}

static const struct step toy_change = {
    .name = "change",
    .intent = "change %{file}, %{unknown}",
    .field = toy_field,
    .check = toy_change_check,
    .run = toy_change_run,
    .undo = toy_change_undo,
};

static void
toy_add(struct plan *plan, const struct step *step, const char *world, const char *file)
{
    struct toy_op *op = arena_zero(plan->mem, sizeof(*op));

    *op = (struct toy_op){plan, world, file};
    plan_add_step(plan, step, file, op);
}

static bool
toy_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    const char *world;
    const char *cross = NULL;

    (void)context;
    if (!json_get_text(plan->mem, inputs, "world", &world, e))
        return false;
    if (json_get(inputs, "cross") != NULL && !json_get_text(plan->mem, inputs, "cross", &cross, e))
        return false;
    plan->title = "play";
    plan->cluster = "toy/1";
    toy_add(plan, &toy_make, world, "there");
    toy_add(plan, &toy_make, world, "a");
    toy_add(plan, &toy_change, world, "text");
    if (cross != NULL)
        toy_add(plan, &toy_cross, world, cross);
    toy_add(plan, &toy_make, world, "b");
    return true;
}

static const struct plan_kind toy_kind = {"toy", toy_build};

/* A world and a state folder in a fresh temporary folder. */
struct toy_place {
    const char *dir;
    const char *world;
    const char *state;
};

static struct toy_place
toy_place_make(struct arena *mem)
{
    /* Where syncing costs nothing, if there is such a place. */
    char *dir = arena_text(mem, access("/dev/shm", W_OK) == 0 ? "/dev/shm/quorate-plan-XXXXXX"
                                                              : "/tmp/quorate-plan-XXXXXX");
    struct toy_place place = {.dir = dir};
    struct error e = ERROR_INIT;

    ASSERT(mkdtemp(dir) != NULL);
    place.world = path_join(mem, dir, "world");
    place.state = path_join(mem, dir, "state");
    ASSERT(dir_make(place.world, 0700, &e));
    /* Not file_replace: it passes failpoints, which the parent of a killed child must not. */
    for (int i = 0; i < 2; i++) {
        const char *path = path_join(mem, place.world, i == 0 ? "there" : "text");
        int fd = open(path, O_WRONLY | O_CREAT, 0600);

        ASSERT(fd >= 0 && write(fd, "old", 3) == 3);
        close(fd);
    }
    return place;
}

static void
toy_place_remove(const struct toy_place *place)
{
    struct error e = ERROR_INIT;

    ASSERT(tree_remove(place->dir, &e));
}

/* Names and content, to compare worlds: "text=old there=old ". */
static UNUSED const char *
toy_world_text(struct arena *mem, const struct toy_place *place)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    const char **names;
    size_t count;

    ASSERT(dir_list(mem, place->world, &names, &count, &e));
    for (size_t i = 0; i < count; i++) {
        struct bytes content;

        if (strstr(names[i], ".tmp") != NULL)
            continue;
        ASSERT(file_read_all(mem, path_join(mem, place->world, names[i]), 100, &content, &e));
        buf_printf(&out, "%s=%s ", names[i], (const char *)content.data);
    }
    return arena_text(mem, buf_text(&out));
}

#define TOY_START     "text=old there=old "
#define TOY_END       "a=made b=made text=new there=old "
#define TOY_END_CROSS "a=made b=made text=new there=old x=made "

static struct bytes
toy_inputs(struct arena *mem, const struct toy_place *place, const char *cross)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    json_key_text(&w, "world", place->world);
    if (cross != NULL)
        json_key_text(&w, "cross", cross);
    json_object_end(&w);
    return arena_copy(mem, buf_bytes(&out));
}

static struct plan *
toy_plan(struct arena *mem, const struct toy_place *place, const char *cross)
{
    struct error e = ERROR_INIT;
    struct plan *plan;

    ASSERT(plan_new(mem, &toy_kind, toy_inputs(mem, place, cross), NULL, &plan, &e));
    return plan;
}

/* The plan again, as another process makes it: from the journal. */
static UNUSED struct plan *
toy_plan_again(struct arena *mem, const struct toy_place *place, const char *id)
{
    struct error e = ERROR_INIT;
    struct plan_info *info;
    struct plan *plan;

    ASSERT(plan_info_load(mem, place->state, id, &info, &e));
    ASSERT(plan_new(mem, &toy_kind, info->inputs, NULL, &plan, &e));
    return plan;
}

#endif

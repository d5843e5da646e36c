/* 'member grow', 'shrink', 'replace', 'move': changes of the membership as plans. */

#include <string.h>

#include "cli/app.h"
#include "cli/plan_context.h"
#include "cluster/inventory.h"
#include "ops/member_plans.h"

#define TO_OPTION(text)                                                                            \
    {                                                                                              \
        "to", OPTION_U64, .arg = "N", .help = (text)                                               \
    }

#define URL_OPTIONS                                                                                \
    {"peer-url", OPTION_TEXT, .arg = "URL",                                                        \
     .help = "Where the others will reach the new member [default: a free port]"},                 \
    {                                                                                              \
        "client-url", OPTION_TEXT,                                                                 \
            .arg = "URL", .help = "Where clients will reach the new member [default: a free port]" \
    }

#define HOST_OPTIONS                                                                               \
    {"like", OPTION_TEXT, .arg = "NAME",                                                           \
     .help = "On a host, lay the new member out like this one [default: the first, of the kind "   \
             "of --runs if there is one]"},                                                        \
        {"runs", OPTION_TEXT, .arg = "HOW",                                                        \
         .help = "On a host: systemd:UNIT or static-pod:/PATH [default: as --like's]"},            \
        {"manifest", OPTION_FILE, .arg = "FILE",                                                   \
         .help = "For a static pod: lay it out by this manifest [default: --like's; one of its "   \
                 "settings in kubeadm's shape when it is no pod]"},                                \
        {"image", OPTION_TEXT, .arg = "IMAGE",                                                     \
         .help = "For a static pod that is not laid out like another [default: "                   \
                 "registry.k8s.io/etcd:VERSION-0, of the version that the members run]"},          \
        {"pki", OPTION_DIR, .arg = "DIR",                                                          \
         .help = "On a host: issue certificates for it by the authority in DIR ('tls init'), and " \
                 "bring them there [default: they are there]"},                                    \
    {                                                                                              \
        "data-dir", OPTION_TEXT,                                                                   \
            .arg = "DIR",                                                                          \
            .help = "On a host: the new member's data directory [default: as --like's]"            \
    }

#define NEW_OPTION(text)                                                                           \
    {                                                                                              \
        "new", OPTION_TEXTS, .arg = "NAME=HOST[,...]", .help = (text)                              \
    }

static const struct option_def grow_options[] = {
    TO_OPTION("Voters that there shall be in the end [default: one more, or as many as are named]"),
    URL_OPTIONS,
    HOST_OPTIONS,
    OPTIONS_END,
};

static const struct option_def shrink_options[] = {
    TO_OPTION("Voters that there shall be in the end [default: one less, or as many as are named]"),
    OPTIONS_END,
};

static const struct option_def replace_options[] = {
    NEW_OPTION("Its host is gone for good: this one takes its place, as in db4=ssh://root@db4"),
    URL_OPTIONS,
    HOST_OPTIONS,
    OPTIONS_END,
};

static const struct option_def move_options[] = {
    NEW_OPTION("Where hosts are known: who comes in each one's place, as in db4=ssh://root@db4"),
    URL_OPTIONS,
    HOST_OPTIONS,
    OPTIONS_END,
};

typedef bool inputs_make(struct arena *mem, const struct member_request *request,
                         struct buf *ret_inputs, struct error *e);

static const char *
text_or_null(const struct app *app, const char *name)
{
    const char *text = option_text(&app->options, name);

    return text[0] != '\0' ? text : NULL;
}

static const char *const *
names_of(struct app *app, size_t *ret_count)
{
    ARRAY(const char *) names = ARRAY_INIT;

    for (size_t i = 0; app_operand(app, i) != NULL; i++)
        *ARRAY_PUSH(app->mem, &names) = app_operand(app, i);
    *ret_count = names.count;
    return names.items;
}

/* "db4=ssh://root@db4", or a name alone. */
static struct member_new
new_of(struct app *app, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL)
        return (struct member_new){.name = text};
    return (struct member_new){arena_printf(app->mem, "%.*s", (int)(equals - text), text),
                               equals + 1};
}

static void
take_new(struct app *app, const char *const *texts, size_t count, struct member_request *request)
{
    struct member_new *fresh = arena_zero(app->mem, (count + 1) * sizeof(*fresh));

    for (size_t i = 0; i < count; i++)
        fresh[i] = new_of(app, texts[i]);
    request->fresh = fresh;
    request->fresh_count = count;
}

/* Who joins, and what is said about it. */
static struct member_request
request_for_new(struct app *app, const char *const *texts, size_t count)
{
    struct member_request request = {
        .peer_url = text_or_null(app, "peer-url"),
        .client_url = text_or_null(app, "client-url"),
        .like = text_or_null(app, "like"),
        .runs = text_or_null(app, "runs"),
        .data_dir = text_or_null(app, "data-dir"),
        .manifest = text_or_null(app, "manifest"),
        .image = text_or_null(app, "image"),
        .pki = text_or_null(app, "pki"),
    };

    take_new(app, texts, count, &request);
    return request;
}

static bool
plan_make(struct app *app, const struct plan_kind *kind, inputs_make *make,
          struct member_request *request, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct plan_context *context;

    if (!app_inventory(app, &request->inventory, e) || !plan_context_of_app(app, &context, e))
        return false;
    request->state_dir = context->state_dir;
    request->etcd = context->etcd;
    request->names = names_of(app, &request->name_count);
    return make(app->mem, request, &inputs, e) &&
           plan_new(app->mem, kind, buf_bytes(&inputs), context, ret_plan, e);
}

static bool
member_grow_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    size_t count;
    const char *const *names = names_of(app, &count);
    struct member_request request = request_for_new(app, names, count);

    request.voters = option_u64(&app->options, "to");
    return plan_make(app, &member_grow_kind, member_grow_inputs, &request, ret_plan, e);
}

static bool
member_shrink_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    struct member_request request = {.voters = option_u64(&app->options, "to")};

    return plan_make(app, &member_shrink_kind, member_shrink_inputs, &request, ret_plan, e);
}

static bool
member_replace_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    size_t count;
    const char *const *fresh = option_list(&app->options, "new", &count);
    struct member_request request = request_for_new(app, fresh, count);

    return plan_make(app, &member_replace_kind, member_replace_inputs, &request, ret_plan, e);
}

static bool
member_move_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    size_t count;
    const char *const *fresh = option_list(&app->options, "new", &count);
    struct member_request request = request_for_new(app, fresh, count);

    return plan_make(app, &member_move_kind, member_move_inputs, &request, ret_plan, e);
}

static bool
member_rescue_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    struct member_request request = {0};

    return plan_make(app, &member_rescue_kind, member_rescue_inputs, &request, ret_plan, e);
}

const struct command command_member_grow = {
    .name = "member grow",
    .operands = "[NAME[=HOST]...]",
    .summary = "Let members join: each as a learner, with a vote once it has caught up",
    .family = FAMILY_MEMBERS,
    .options = grow_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = member_grow_plan,
    .example = "quorate member grow --cluster lab:demo --to 5 --dry-run\n"
               "quorate member grow --cluster lab:demo --to 5 --yes\n"
               "quorate member grow --cluster prod db4=ssh://root@db4 db5=ssh://root@db5\n"
               "quorate member grow --cluster prod db4=ssh://root@db4 --runs "
               "static-pod:/etc/kubernetes/manifests/etcd.yaml",
    .description =
        "For each new member: it is added as a learner, which changes no quorum; gets its "
        "configuration; is started on an empty directory; is waited for until it has the leader's "
        "log; and gets its vote. Refused beforehand: a name or URL that is taken, a directory that "
        "is not empty, a URL that leads to another host, another version, another learner under "
        "way, a voter that does not serve.\n\n"
        "On hosts, the new member is laid out like one that is there: the same unit or manifest "
        "and "
        "settings, but for its name, URLs, directories and initial cluster. Its URLs are those of "
        "the other with its own host in them. quorate.yaml gets it, and nothing else in it "
        "moves.\n\n"
        "Members may run in different ways. One that is to run as no other does (--runs) gets the "
        "settings of one that runs otherwise: a static pod a manifest in kubeadm's shape, with "
        "volumes for all directories that the settings name, or --manifest's; a systemd unit, "
        "where the host has none, one that runs the etcd in root's path as user etcd.\n\n"
        "A plan that was cut is continued by 'quorate plan resume', or taken back by 'quorate plan "
        "undo': the new members leave again.",
};

const struct command command_member_shrink = {
    .name = "member shrink",
    .operands = "[NAME...]",
    .summary = "Let members leave: the dead first, the leader last, never below the quorum",
    .family = FAMILY_MEMBERS,
    .options = shrink_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = member_shrink_plan,
    .example = "quorate member shrink --cluster lab:demo m3 --dry-run\n"
               "quorate member shrink --cluster lab:demo --to 1 --yes",
    .description =
        "Each member that leaves gives its leadership away, is taken out of the member list while "
        "it still runs, is stopped, and its data is moved aside. Without names the dead leave "
        "first, then the youngest, the leader last.\n\n"
        "Undone, the members join again, as learners on new directories: what has left cannot come "
        "back with its old data.",
};

const struct command command_member_replace = {
    .name = "member replace",
    .operands = "NAME",
    .summary = "Start a member anew whose data is lost, or another one when its host is gone",
    .family = FAMILY_MEMBERS,
    .options = replace_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = member_replace_plan,
    .example = "quorate member replace --cluster lab:demo m2 --yes\n"
               "quorate member replace --cluster prod db2 --new db4=ssh://root@db4 --yes",
    .description =
        "The lost member is taken out of the list first, since adding before would ask for a "
        "quorum of one more with one less; what is left of its data is moved aside; then it joins "
        "as any new member does. With --new its host is gone for good: it is not asked for "
        "anything, "
        "must never run again, and another member joins. Refused while it serves, and when the "
        "others have no quorum: see "
        "'quorate help member rescue'.",
};

const struct command command_member_move = {
    .name = "member move",
    .operands = "NAME...",
    .summary = "Move members to other addresses: the new one joins before the old one leaves",
    .family = FAMILY_MEMBERS,
    .options = move_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = member_move_plan,
    .example = "quorate member move --cluster lab:demo m1 --yes\n"
               "quorate member move --cluster prod db1 --new db4=ssh://root@db4 --yes",
    .description = "A new member with another name, address and directory joins as a learner and "
                   "gets its vote; then the old one leaves. At no time may fewer members fail than "
                   "before.",
};

const struct command command_member_rescue = {
    .name = "member rescue",
    .operands = "NAME",
    .summary = "The majority is lost for good: a cluster of one from the survivor's data",
    .family = FAMILY_MEMBERS,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = member_rescue_plan,
    .example = "quorate member rescue --cluster lab:demo m1 --dry-run\n"
               "quorate member rescue --cluster lab:demo m1 --yes\n"
               "quorate member rescue --cluster prod db1 --yes",
    .description =
        "Stops what runs; takes everything that the survivor has, its log to the last entry "
        "included, since it may hold writes that were acknowledged; moves all data directories "
        "aside; builds a cluster of one under a fresh token, which a member that was thought lost "
        "cannot join; and proves that it has what the survivor had. Then 'quorate member grow'.\n\n"
        "On hosts, a member whose host cannot be logged in to is gone, unless its peer port "
        "answers "
        "the survivor's host; nobody asks there for anything. Should such a host come back, keep "
        "its etcd down: with its likes it is the quorum of the old cluster.\n\n"
        "Refused while the quorum is there, or would be if what is down were started: machines "
        "that come back lose nothing. 'quorate plan undo' brings the old directories back, until "
        "the new cluster took writes.",
};

#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cluster/inventory_host.h"
#include "ops/tls_switch_json.h"
#include "plan/engine.h"
#include "scratch.h"

/*
 * A kubectl that keeps ClusterConfiguration in the file 'text' beside it, and its resourceVersion in 'version'. With 'busy'
 * so many answers are that nobody is there yet; with 'rival' the first replace comes too late.
 */
static const char kubectl[] =
    "#!/usr/bin/python3\n"
    "import json, os, sys\n"
    "at = lambda name: os.path.join(os.path.dirname(os.path.abspath(__file__)), name)\n"
    "load = lambda name: open(at(name), newline='').read()\n"
    "def save(name, text):\n"
    "    open(at(name), 'w', newline='').write(text)\n"
    "if os.path.exists(at('busy')):\n"
    "    left = int(load('busy')) - 1\n"
    "    save('busy', str(left)) if left > 0 else os.remove(at('busy'))\n"
    "    sys.exit('The connection to the server 10.0.0.1:6443 was refused')\n"
    "if 'get' in sys.argv:\n"
    "    print(json.dumps({'data': {'ClusterConfiguration': load('text')},\n"
    "                      'metadata': {'resourceVersion': load('version')}}))\n"
    "    sys.exit()\n"
    "if os.path.exists(at('rival')):\n"
    "    os.remove(at('rival'))\n"
    "    save('version', str(int(load('version')) + 1))\n"
    "new = json.load(sys.stdin)\n"
    "if new['metadata']['resourceVersion'] != load('version'):\n"
    "    sys.exit('Error from server (Conflict): the object has been modified')\n"
    "save('text', new['data']['ClusterConfiguration'])\n"
    "save('version', str(int(load('version')) + 1))\n";

#define CONFIGURATION(scheme)                                                                      \
    "apiVersion: kubeadm.k8s.io/v1beta3\n"                                                         \
    "kind: ClusterConfiguration\n"                                                                 \
    "etcd:\n"                                                                                      \
    "  local:\n"                                                                                   \
    "    extraArgs:\n"                                                                             \
    "      listen-client-urls: " scheme "://0.0.0.0:2379\n"

struct control_plane {
    struct arena mem;
    const char *dir;
    const char *path; /* PATH, as it was */
    struct inventory *inventory;
    struct tls_switch found;
    struct plan_context context;
    struct plan_env env;
    ARRAY(const char *) notes;
};

static const char *
in_dir(struct control_plane *c, const char *name)
{
    return path_join(&c->mem, c->dir, name);
}

static void
note(void *context, const struct plan_news *news)
{
    struct control_plane *c = context;

    if (news->event == PLAN_STEP_NOTE)
        *ARRAY_PUSH(&c->mem, &c->notes) = arena_text(&c->mem, news->text);
}

static struct inventory_urls
one(struct control_plane *c, const char *text)
{
    return inventory_urls_split(&c->mem, text);
}

static int
setup(void **state)
{
    struct control_plane *c = calloc(1, sizeof(*c));
    struct error e = ERROR_INIT;
    struct tls_job *job;

    c->dir = scratch_dir(&c->mem);
    c->path = arena_text(&c->mem, getenv("PATH"));
    assert_int_equal(setenv("PATH", arena_printf(&c->mem, "%s:%s", c->dir, c->path), 1), 0);
    scratch_put(&c->mem, c->dir, "kubectl", kubectl);
    scratch_put(&c->mem, c->dir, "admin.conf", "");
    scratch_put(&c->mem, c->dir, "text", CONFIGURATION("http"));
    scratch_put(&c->mem, c->dir, "version", "41");
    scratch_put(&c->mem, c->dir, "quorate.yaml",
                "format: 1\n"
                "clusters:\n"
                "  prod:\n"
                "    members:\n"
                "      db1:\n"
                "        host: \"local:\"\n"
                "        client_urls: [\"http://10.0.0.1:2379\"]\n"
                "        peer_urls: [\"http://10.0.0.1:2380\"]\n");
    EXPECT_OK(plan_cluster_inventory(&c->mem,
                                     &(struct plan_cluster){.state_dir = c->dir,
                                                            .name = "prod",
                                                            .config = in_dir(c, "quorate.yaml")},
                                     &c->inventory, &e));
    job = arena_zero(&c->mem, sizeof(*job));
    *job = (struct tls_job){
        .name = "db1",
        .has_api_server = true,
        .api = {"/pki/ca.crt", "/pki/client.crt", "/pki/client.key"},
        .addresses = {.listen_peers = one(c, "10.0.0.1"),
                      .peers = one(c, "10.0.0.1"),
                      .peer_port = "2380",
                      .listen_clients = one(c, "10.0.0.1:2379"),
                      .clients = one(c, "10.0.0.1:2379")},
    };
    c->found = (struct tls_switch){.stamp = "s",
                                   .to = TLS_SECURE,
                                   .stage = {.ca_cert = "", .ca_key = ""},
                                   .jobs = job,
                                   .job_count = 1,
                                   .kubeadm.kubeconfig = in_dir(c, "admin.conf")};
    c->context = (struct plan_context){.state_dir = c->dir};
    c->env = (struct plan_env){.state_dir = c->dir, .observe = note, .observe_context = c};
    *state = c;
    return 0;
}

static int
teardown(void **state)
{
    struct control_plane *c = *state;

    setenv("PATH", c->path, 1);
    arena_release(&c->mem);
    free(c);
    return 0;
}

static void
find(struct control_plane *c)
{
    struct error e = ERROR_INIT;
    struct site site;

    site_init(&site, &c->mem, c->inventory);
    EXPECT_OK(tls_kubeadm_find(&c->mem, &site, c->inventory, &c->found, &e));
}

/* --- the step, and the note of the last one, in a plan of their own --- */

static bool
note_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
note_run(void *op, struct error *e UNUSED)
{
    tls_kubeadm_note(op);
    return true;
}

static bool
note_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const struct step note_step = {
    .name = "note",
    .intent = "note",
    .check = note_check,
    .run = note_run,
    .verify = note_verify,
    .undo = step_nothing_to_undo,
};

static bool
build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    const struct control_plane *c = context;
    struct tls_switch *s = arena_zero(plan->mem, sizeof(*s));

    if (!live_cluster_init(&s->live, plan, inputs, &c->context, e) ||
        !tls_switch_decode(plan->mem, inputs, s, e))
        return false;
    s->kubeadm.kubeconfig = c->found.kubeadm.kubeconfig;
    plan->title = "kubeadm's config map";
    tls_switch_add_kubeadm(s);
    plan_add_step(plan, &note_step, NULL, s);
    return true;
}

static const struct plan_kind kind = {.name = "toy", .build = build};

static struct plan *
planned(struct control_plane *c)
{
    AUTO_BUF inputs = BUF_INIT;
    struct error e = ERROR_INIT;
    struct plan *plan;

    tls_switch_encode(c->inventory, &c->found, &inputs);
    EXPECT_OK(plan_new(&c->mem, &kind, buf_bytes(&inputs), c, &plan, &e));
    return plan;
}

static void
test_changed_and_put_back(void **state)
{
    struct control_plane *c = *state;
    struct error e = ERROR_INIT;
    struct plan *plan;
    const char *id;

    find(c);
    plan = planned(c);
    assert_int_equal(plan->steps.count, 2);
    assert_string_equal(plan_intent(&c->mem, plan, &plan->steps.items[0]),
                        "have kubeadm's config map say https for etcd, by the API server on the "
                        "host of db1");
    scratch_put(&c->mem, c->dir, "busy", "2");
    scratch_put(&c->mem, c->dir, "rival", "");
    EXPECT_OK(plan_run(plan, &c->env, &id, &e));
    assert_string_equal(scratch_text(&c->mem, c->dir, "text"), CONFIGURATION("https"));
    assert_string_equal(scratch_text(&c->mem, c->dir, "version"), "43");
    EXPECT_OK(plan_undo(planned(c), &c->env, id, &e));
    assert_string_equal(scratch_text(&c->mem, c->dir, "text"), CONFIGURATION("http"));
    assert_string_equal(scratch_text(&c->mem, c->dir, "version"), "44");
    assert_int_equal(c->notes.count, 0);
}

static void
test_what_somebody_else_wrote_stays(void **state)
{
    struct control_plane *c = *state;
    struct error e = ERROR_INIT;
    struct plan *plan;
    const char *id;

    find(c);
    plan = planned(c);
    scratch_put(&c->mem, c->dir, "text", "another");
    EXPECT_ERROR(plan_run(plan, &c->env, &id, &e), ERROR_CONFLICT,
                 "step 'kubeadm-config': local: ClusterConfiguration of the config map "
                 "kubeadm-config was changed by somebody else meanwhile");
    assert_non_null(strstr(e.hint, "kubectl -n kube-system edit configmap kubeadm-config"));
    assert_string_equal(scratch_text(&c->mem, c->dir, "text"), "another");

    scratch_put(&c->mem, c->dir, "text", CONFIGURATION("http"));
    EXPECT_OK(plan_run(planned(c), &c->env, &id, &e));
    scratch_put(&c->mem, c->dir, "text", "another");
    assert_false(plan_undo(planned(c), &c->env, id, &e));
    assert_int_equal(e.code, ERROR_CONFLICT);
    assert_non_null(strstr(e.text, "step 'kubeadm-config' cannot be undone: local: "
                                   "ClusterConfiguration of the config map kubeadm-config was "
                                   "changed by somebody else meanwhile"));
    assert_string_equal(scratch_text(&c->mem, c->dir, "text"), "another");
    scratch_put(&c->mem, c->dir, "text", CONFIGURATION("https"));
    EXPECT_OK(plan_undo(planned(c), &c->env, id, &e));
    assert_string_equal(scratch_text(&c->mem, c->dir, "text"), CONFIGURATION("http"));
}

/* Without the step; the first note that is left is 'text', NULL: none. */
static void
expect_note(struct control_plane *c, const char *text)
{
    struct error e = ERROR_INIT;
    struct plan *plan = planned(c);
    const char *id;

    assert_int_equal(plan->steps.count, 1);
    c->notes.count = 0;
    EXPECT_OK(plan_run(plan, &c->env, &id, &e));
    assert_int_equal(c->notes.count, text != NULL ? 1 : 0);
    if (text != NULL)
        assert_string_equal(c->notes.items[0], text);
}

#define NOTE(why)                                                                                  \
    "kubeadm: its config map was not changed" why                                                  \
    ": in 'kubectl -n kube-system edit configmap kubeadm-config', key ClusterConfiguration, have " \
    "etcd.local.extraArgs name no http URLs (and no listen-metrics-urls but those of the "         \
    "manifests), or etcd.external.endpoints, caFile, certFile and keyFile be those of the API "    \
    "servers now: else the next 'kubeadm upgrade' writes what was there before"

static void
test_nothing_to_change(void **state)
{
    struct control_plane *c = *state;

    scratch_put(&c->mem, c->dir, "text", CONFIGURATION("https"));
    find(c);
    expect_note(c, NULL);
}

static void
test_why_it_is_not_changed(void **state)
{
    struct control_plane *c = *state;
    struct tls_job jobs[2] = {c->found.jobs[0], c->found.jobs[0]};

    scratch_put(&c->mem, c->dir, "busy", "1");
    find(c);
    expect_note(c, NOTE(": local: The connection to the server 10.0.0.1:6443 was refused (kubectl "
                        "get configmap kubeadm-config)"));
    scratch_put(&c->mem, c->dir, "text", "kind: &a b\n");
    find(c);
    expect_note(c, NOTE(": ClusterConfiguration:1:8: anchors and aliases are not supported: write "
                        "the value out"));
    scratch_put(&c->mem, c->dir, "text",
                "apiVersion: kubeadm.k8s.io/v1beta3\n"
                "kind: ClusterConfiguration\n"
                "etcd: {external: {endpoints: ['http://10.0.0.1:2379']}}\n");
    jobs[1].name = "db2";
    jobs[1].api.ca_file = "/pki/other.crt";
    c->found.jobs = jobs;
    c->found.job_count = 2;
    find(c);
    expect_note(c, NOTE(": the API servers of 'db1' and 'db2' have other files"));
}

static void
test_kubeadm_has_members_listen_by_https(void **state)
{
    struct control_plane *c = *state;

    c->found.to = TLS_PLAIN;
    scratch_put(&c->mem, c->dir, "text",
                "apiVersion: kubeadm.k8s.io/v1beta3\n"
                "kind: ClusterConfiguration\n"
                "etcd: {local: {dataDir: /var/lib/etcd}}\n");
    find(c);
    expect_note(c, "kubeadm: its config map says nothing of where etcd's clients come in, and then "
                   "kubeadm has etcd listen by https: so does the next 'kubeadm upgrade', unless "
                   "etcd.local.extraArgs get listen-client-urls and listen-peer-urls");
}

/* Their inputs say nothing of it, and have no such step. */
static void
test_a_plan_of_an_earlier_build(void **state)
{
    expect_note(*state, NOTE(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_changed_and_put_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_somebody_else_wrote_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_why_it_is_not_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kubeadm_has_members_listen_by_https, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_plan_of_an_earlier_build, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ops/tls_inspect.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/time.h"
#include "cluster/member_hosts.h"
#include "net/endpoint.h"
#include "net/tls_presented.h"
#include "ops/member_host_certs.h"

enum { DEPTH_MOST = 4, FILES_MOST = 1000 };

struct port {
    struct endpoint endpoint;
    const struct inventory_member *member; /* NULL: nobody's */
};

struct inspecting {
    struct arena *mem;
    const struct tls_inspect_request *request;
    struct tls_findings *ret;
    struct certificates trusted; /* of tls->ca_file */
    ARRAY(struct port) ports;
    size_t files;
    int64_t now_s;
};

static struct tls_finding *
finding_add_at(struct inspecting *in, const char *where, const struct inventory_member *member)
{
    struct tls_finding *f = ARRAY_PUSH(in->mem, in->ret);

    f->where = where;
    f->member = member != NULL ? member->name : "";
    f->version = "";
    f->setting = "";
    return f;
}

static void
problem_add(struct inspecting *in, const char *where, const struct inventory_member *member,
            const char *text)
{
    finding_add_at(in, where, member)->problem = arena_text(in->mem, text);
}

/* --- what it is wanted for --- */

/* Only what holds for any certificate, an authority's as well. */
static struct certificate_wanted
wanted_of_any(const struct inspecting *in)
{
    return (struct certificate_wanted){.days = in->request->days, .now_s = in->now_s};
}

static void
wanted_of_member(const struct inspecting *in, const struct inventory_member *member,
                 struct member_hosts *hosts, struct certificate_wanted *wanted)
{
    if (member != NULL)
        member_hosts_add_dialled(in->mem, hosts, in->request->inventory, member);
    for (size_t i = 0; i < in->request->host_count; i++)
        member_hosts_add(in->mem, hosts, in->request->hosts[i]);
    wanted->hosts = hosts->items;
    wanted->host_count = hosts->count;
    wanted->client = member != NULL;
    wanted->server = true;
}

/* --- files --- */

static const struct inventory_member *
member_of_file(const struct inspecting *in, const char *path)
{
    const struct inventory *inventory = in->request->inventory;

    for (size_t i = 0; inventory != NULL && i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if ((m->tls.cert_file != NULL && strcmp(m->tls.cert_file, path) == 0) ||
            (m->peer_tls.cert_file != NULL && strcmp(m->peer_tls.cert_file, path) == 0))
            return m;
    }
    return NULL;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);

    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* NAME.key, or cfssl's NAME-key.pem; NULL when neither is there. */
static const char *
key_beside(struct arena *mem, const char *path)
{
    const char *name = path_name(path);
    const char *dot = strrchr(name, '.');
    const char *base =
        arena_printf(mem, "%.*s", (int)((dot != NULL ? dot : name + strlen(name)) - path), path);
    const char *key = arena_printf(mem, "%s.key", base);

    if (path_exists(key))
        return key;
    key = arena_printf(mem, "%s-key.pem", base);
    return path_exists(key) ? key : NULL;
}

static void
flaw_add(struct inspecting *in, struct tls_finding *f, const char *word, const char *field,
         const char *text, const char *remedy)
{
    *ARRAY_PUSH(in->mem, &f->flaws) =
        (struct certificate_flaw){.word = word, .field = field, .text = text, .remedy = remedy};
}

/* Whoever reads a server's key can be that server. */
static void
key_mode_judge(struct inspecting *in, struct tls_finding *f)
{
    struct stat st;

    if (f->key_path == NULL || stat(f->key_path, &st) != 0 ||
        (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return;
    flaw_add(in, f, "key-readable", "mode",
             arena_printf(in->mem, "its key '%s' can be read by others (mode %04o)", f->key_path,
                          (unsigned)(st.st_mode & 07777)),
             arena_printf(in->mem, "chmod 600 '%s'", f->key_path));
}

/* The authorities that a file's neighbours trust: those given, else its folder's. */
static bool
authorities_of(struct inspecting *in, const char *path, struct certificates *ret)
{
    static const char *const names[] = {"ca.crt", "ca.pem"};
    struct error ignored = ERROR_INIT;

    if (in->trusted.count > 0) {
        *ret = in->trusted;
        return true;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *ca = path_join(in->mem, path_dir(in->mem, path), names[i]);

        error_clear(&ignored);
        if (path_exists(ca) && certificates_load(in->mem, ca, ret, &ignored))
            return true;
    }
    return false;
}

/* What the names of kubeadm's and our own files promise. */
static bool
is_of_member(const char *path)
{
    const char *name = path_name(path);

    return strncmp(name, "server.", 7) == 0 || strncmp(name, "peer.", 5) == 0;
}

/* The first of a file, which is who it is; the others stand for it. */
static void
leaf_judge(struct inspecting *in, struct tls_finding *f, const struct certificates *chain)
{
    const struct inventory_member *member = member_of_file(in, f->where);
    struct certificate_wanted wanted = wanted_of_any(in);
    struct certificates authorities;
    struct member_hosts hosts = {0};
    struct error problem = ERROR_INIT;
    bool has_key;

    f->key_path = key_beside(in->mem, f->where);
    if (f->key_path != NULL &&
        certificate_has_key(&f->certificate, f->key_path, &has_key, &problem)) {
        wanted.has_key = &has_key;
        f->key = has_key ? KEY_FITS : KEY_OTHER;
    }
    if (!f->certificate.is_self_signed && authorities_of(in, f->where, &authorities)) {
        wanted.authorities = &authorities;
        wanted.chain = chain;
    }
    if (member != NULL) {
        wanted_of_member(in, member, &hosts, &wanted);
    } else if (is_of_member(f->where)) {
        wanted_of_member(in, NULL, &hosts, &wanted);
        wanted.client = true;
    }
    certificate_judge(in->mem, &f->certificate, &wanted, &f->flaws);
    if (problem.code != ERROR_NONE)
        flaw_add(in, f, "key-unreadable", "key", arena_text(in->mem, problem.text),
                 "put certificate and key in place as a pair");
    key_mode_judge(in, f);
}

static void
chain_add(struct inspecting *in, const char *where, const struct inventory_member *member,
          const struct certificates *chain, size_t from)
{
    for (size_t i = from; i < chain->count; i++) {
        const struct certificate_wanted any = wanted_of_any(in);
        struct tls_finding *f = finding_add_at(in, where, member);

        f->seen = true;
        f->place = (unsigned)i;
        f->certificate = chain->items[i];
        certificate_judge(in->mem, &f->certificate, &any, &f->flaws);
    }
}

static void
file_look(struct inspecting *in, const char *path, bool asked_for)
{
    const struct inventory_member *member = member_of_file(in, path);
    struct error e = ERROR_INIT;
    struct certificates found;
    struct tls_finding *f;

    if (!certificates_load(in->mem, path, &found, &e)) {
        /* In a folder there are other things as well. */
        if (asked_for || e.code != ERROR_TLS || !ends_with(e.text, "no PEM certificate in it"))
            problem_add(in, path, member, e.text);
        return;
    }
    f = finding_add_at(in, path, member);
    f->seen = true;
    f->certificate = found.items[0];
    leaf_judge(in, f, &found);
    chain_add(in, path, member, &found, 1);
}

static bool
is_certificate_name(const char *name)
{
    static const char *const ends[] = {".crt", ".pem", ".cert", ".cer"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (ends_with(name, ends[i]))
            return true;
    }
    return false;
}

static void
folder_look(struct inspecting *in, const char *path, unsigned depth)
{
    struct error e = ERROR_INIT;
    const char **names;
    size_t count;

    if (!dir_list(in->mem, path, &names, &count, &e)) {
        problem_add(in, path, NULL, e.text);
        return;
    }
    for (size_t i = 0; i < count && in->files < FILES_MOST; i++) {
        const char *child = path_join(in->mem, path, names[i]);
        struct stat st;

        if (stat(child, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MOST) {
            folder_look(in, child, depth + 1);
        } else if (S_ISREG(st.st_mode) && is_certificate_name(names[i])) {
            in->files++;
            file_look(in, child, false);
        }
    }
}

static void
path_look(struct inspecting *in, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        folder_look(in, path, 0);
    else
        file_look(in, path, true);
}

/* --- ports --- */

static void
port_judge(struct inspecting *in, const struct port *port, const struct tls_presented *presented)
{
    const char *where = port->endpoint.url;
    struct certificate_wanted wanted = wanted_of_any(in);
    struct member_hosts hosts = {0};
    struct certificates chain = {0};
    struct error e = ERROR_INIT;
    struct tls_finding *f;

    for (size_t i = 0; i < presented->chain_count; i++) {
        struct certificate *c = ARRAY_PUSH(in->mem, &chain);

        if (!certificate_decode(in->mem, presented->chain[i], c, &e)) {
            problem_add(in, where, port->member, e.text);
            return;
        }
    }
    if (chain.count == 0) {
        problem_add(in, where, port->member, presented->failure.text);
        return;
    }
    if (port->endpoint.host != NULL)
        member_hosts_add(in->mem, &hosts, port->endpoint.host);
    wanted_of_member(in, port->member, &hosts, &wanted);
    if (in->trusted.count > 0) {
        wanted.authorities = &in->trusted;
        wanted.chain = &chain;
    }
    f = finding_add_at(in, where, port->member);
    f->seen = true;
    f->certificate = chain.items[0];
    f->version = arena_text(in->mem, presented->version);
    certificate_judge(in->mem, &f->certificate, &wanted, &f->flaws);
    chain_add(in, where, port->member, &chain, 1);
}

static void
ports_look(struct inspecting *in)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_options options = *in->request->tls;
    struct endpoint *endpoints = arena_zero(&tmp, (in->ports.count + 1) * sizeof(*endpoints));
    struct tls_presented *presented = arena_zero(&tmp, (in->ports.count + 1) * sizeof(*presented));
    struct error e = ERROR_INIT;
    struct tls_context *tls;

    if (in->ports.count == 0)
        return;
    options.insecure_skip_verify = true;
    tls = tls_context_new(&tmp, &options);
    if (!tls_context_load(tls, &e)) {
        problem_add(in, "--cert, --key", NULL, e.text);
        return;
    }
    for (size_t i = 0; i < in->ports.count; i++)
        endpoints[i] = in->ports.items[i].endpoint;
    tls_presented_fetch(&tmp, endpoints, in->ports.count, tls, in->request->timeout_ms, presented);
    for (size_t i = 0; i < in->ports.count; i++)
        port_judge(in, &in->ports.items[i], &presented[i]);
}

static void
port_add(struct inspecting *in, const char *url, const struct inventory_member *member)
{
    struct error e = ERROR_INIT;
    struct port port = {.member = member};

    if (!endpoint_parse(in->mem, url, true, &port.endpoint, &e))
        problem_add(in, url, member, e.text);
    else if (!port.endpoint.tls)
        problem_add(in, url, member, "it is http: no certificate is shown there");
    else
        *ARRAY_PUSH(in->mem, &in->ports) = port;
}

/* As it was given, or behind its scheme. */
static bool
is_url(const struct inventory_urls *urls, const char *url)
{
    for (size_t i = 0; i < urls->count; i++) {
        const char *scheme_end = strstr(urls->items[i], "://");

        if (strcmp(urls->items[i], url) == 0 ||
            (scheme_end != NULL && strcmp(scheme_end + 3, url) == 0))
            return true;
    }
    return false;
}

static const struct inventory_member *
member_of_url(const struct inspecting *in, const char *url)
{
    const struct inventory *inventory = in->request->inventory;

    for (size_t i = 0; inventory != NULL && i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (is_url(&m->client_urls, url) || is_url(&m->peer_urls, url))
            return m;
    }
    return NULL;
}

/* --- all --- */

static bool
is_path(const char *what)
{
    return path_exists(what) || strchr(what, ':') == NULL ||
           (strchr(what, '/') != NULL && strstr(what, "://") == NULL);
}

static bool
runs_here(const struct inventory *inventory, const struct inventory_member *member)
{
    return inventory->lab != NULL || (member->host != NULL && strcmp(member->host, "local:") == 0);
}

/* What was found there, and how its host is called. */
static void
host_file_add(struct inspecting *in, const struct inventory_member *m, const struct host *host,
              const struct member_cert_seen *seen)
{
    const char *where = arena_printf(in->mem, "%s:%s", host_name(host), seen->path);
    struct tls_finding *f = finding_add_at(in, where, m);

    f->setting = seen->setting;
    f->problem = seen->problem;
    f->seen = seen->chain.count > 0;
    if (!f->seen)
        return;
    f->certificate = seen->chain.items[0];
    f->flaws = seen->flaws;
    f->key_path = seen->key_path;
    f->key = seen->has_key == NULL ? KEY_NONE : *seen->has_key ? KEY_FITS : KEY_OTHER;
    chain_add(in, where, m, &seen->chain, 1);
}

static void
host_look(struct inspecting *in, struct site *site, const struct inventory_member *m)
{
    struct error e = ERROR_INIT;
    struct member_certs_seen seen = {0};
    const struct host *host;

    if (!site_host(site, m, &host, &e) ||
        !member_start_certs_look(in->mem, site, in->request->inventory, m, in->request->days, &seen,
                                 &e)) {
        problem_add(in, m->host != NULL ? m->host : m->name, m, e.text);
        return;
    }
    for (size_t i = 0; i < seen.count; i++)
        host_file_add(in, m, host, &seen.items[i]);
}

static void
hosts_look(struct inspecting *in)
{
    const struct inventory *inventory = in->request->inventory;
    struct site site;

    if (inventory->lab != NULL)
        return;
    site_init(&site, in->mem, inventory);
    for (size_t i = 0; i < inventory->members.count; i++)
        host_look(in, &site, &inventory->members.items[i]);
}

static void
member_add(struct inspecting *in, const struct inventory_member *m)
{
    const char *server = m->tls.cert_file;
    const char *peer = m->peer_tls.cert_file;

    if (runs_here(in->request->inventory, m) &&
        (in->request->inventory->lab != NULL || !in->request->on_hosts)) {
        if (server != NULL)
            file_look(in, server, true);
        if (peer != NULL && (server == NULL || strcmp(peer, server) != 0))
            file_look(in, peer, true);
    }
    for (size_t i = 0; i < m->client_urls.count; i++)
        port_add(in, m->client_urls.items[i], m);
    for (size_t i = 0; i < m->peer_urls.count; i++)
        port_add(in, m->peer_urls.items[i], m);
}

static void
inventory_add(struct inspecting *in)
{
    const struct inventory *inventory = in->request->inventory;

    if (inventory->client_tls.cert_file != NULL)
        file_look(in, inventory->client_tls.cert_file, true);
    for (size_t i = 0; i < inventory->members.count; i++)
        member_add(in, &inventory->members.items[i]);
}

bool
tls_inspect(struct arena *mem, const struct tls_inspect_request *request, struct tls_findings *ret,
            struct error *e)
{
    struct inspecting in = {
        .mem = mem, .request = request, .ret = ret, .now_s = time_wall_ms() / 1000};

    *ret = (struct tls_findings){0};
    if (request->what_count == 0 && request->inventory == NULL)
        return error_set(
            e, ERROR_USAGE,
            "there is nothing to look at: give files, folders, HOST:PORT, or --cluster");
    if (request->on_hosts && request->inventory == NULL)
        return error_set(e, ERROR_USAGE, "whose hosts? give --cluster");
    if (request->tls->ca_file != NULL &&
        !certificates_load(mem, request->tls->ca_file, &in.trusted, e))
        return false;
    for (size_t i = 0; i < request->what_count; i++) {
        const char *what = request->what[i];

        if (is_path(what))
            path_look(&in, what);
        else
            port_add(&in, what, member_of_url(&in, what));
    }
    if (request->what_count == 0)
        inventory_add(&in);
    if (request->on_hosts)
        hosts_look(&in);
    ports_look(&in);
    return true;
}

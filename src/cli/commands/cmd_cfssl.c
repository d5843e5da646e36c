/* cfssl's words: 'cfssl gencert', 'certinfo', 'print-defaults', and 'cfssljson'. */

#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/secret.h"
#include "base/time.h"
#include "cli/app.h"
#include "cli/input.h"
#include "net/tls_presented.h"
#include "pki/cfssl_info.h"
#include "pki/cfssl_request.h"

enum {
    PUBLIC_MODE = 0644,
    KEY_MODE = 0600,
    INDENT = 2,
    MINUTES_S = 600,             /* which an authority that was just made has less */
    SELF_SIGNED_S = 2190 * 3600, /* cfssl's, selfsign/selfsign.go */
    DIAL_MS = 10000,
};

#define HTTPS_PORT ":443"

#define CA_OPTIONS                                                                                 \
    {"ca", OPTION_FILE, .arg = "FILE", .help = "The authority's certificate (PEM)"},               \
        {"ca-key", OPTION_FILE, .arg = "FILE", .help = "The authority's key (PEM)"},               \
        {"config", OPTION_FILE, .arg = "FILE", .help = "The signing policy (JSON)"},               \
        {"profile", OPTION_TEXT, .arg = "NAME",                                                    \
         .help = "A profile of the policy [default: its default]"},                                \
    {                                                                                              \
        "hostname", OPTION_TEXT, .arg = "HOST[,HOST...]",                                          \
                                 .help = "Names and addresses in place of the request's hosts"     \
    }

static const struct option_def gencert_options[] = {
    {"initca", OPTION_BOOL, .help = "Make an authority: a new key, and a certificate signed by it"},
    {"renewca", OPTION_BOOL,
     .help = "A new certificate for -ca and -ca-key, as long as the old one; there is no CSRJSON"},
    {"cn", OPTION_TEXT, .arg = "NAME", .help = "A common name in place of the request's"},
    CA_OPTIONS,
    OPTIONS_END,
};

static const struct option_def sign_options[] = {
    {"csr", OPTION_FILE, .arg = "FILE", .help = "The request (PEM), in place of the operand"},
    CA_OPTIONS,
    OPTIONS_END,
};

static const struct option_def genkey_options[] = {
    {"initca", OPTION_BOOL, .help = "As 'gencert -initca'"},
    OPTIONS_END,
};

static const struct option_def selfsign_options[] = {
    {"config", OPTION_FILE, .arg = "FILE", .help = "The signing policy (JSON)"},
    {"profile", OPTION_TEXT, .arg = "NAME",
     .help = "A profile of the policy [default: its default]"},
    OPTIONS_END,
};

static const struct option_def certinfo_options[] = {
    {"cert", OPTION_FILE, .arg = "FILE", .help = "Of a certificate (PEM); '-' is standard input"},
    {"csr", OPTION_FILE, .arg = "FILE",
     .help = "Of a certificate request (PEM); '-' is standard input"},
    {"domain", OPTION_TEXT, .arg = "HOST[:PORT]",
     .help = "Of the certificate that a server presents [default port: 443]"},
    OPTIONS_END,
};

static const struct option_def cfssljson_options[] = {
    {"file", OPTION_FILE, .letter = 'f', .arg = "FILE",
     .help = "The input [default: standard input]"},
    {"bare", OPTION_BOOL, .help = "The input is gencert's own, not the answer of cfssl's server"},
    {"stdout", OPTION_BOOL, .help = "Print what would be written"},
    OPTIONS_END,
};

/* "-" is standard input. */
static bool
read_operand(struct app *app, const char *path, struct bytes *ret, struct error *e)
{
    if (strcmp(path, "-") == 0)
        return input_read_value(app, ret, e);
    return file_read_all(app->mem, path, CFSSL_JSON_MOST_BYTES, ret, e);
}

/* The keys in the order of the alphabet, as cfssl's map has them. */
static bool
made_print(struct app *app, struct cert_made *made, struct error *e)
{
    struct json_writer w;
    size_t size;
    bool done;

    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    if (made->cert != NULL)
        json_key_text(&w, "cert", made->cert);
    if (made->signing_request != NULL)
        json_key_text(&w, "csr", made->signing_request);
    if (made->key.text != NULL)
        json_key_text(&w, "key", made->key.text);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
    secret_release(&made->key);
    size = app->out.size;
    done = app_flush(app, e);
    explicit_bzero(app->out.data, size);
    return done;
}

/* The key of an authority that has one already is not printed. */
static bool
authority_print(struct app *app, const struct cert_request *request,
                const struct authority *authority, bool with_key, struct error *e)
{
    struct cert_made made;

    if (!authority_text(app->mem, authority, request, &made, e))
        return false;
    if (!with_key)
        secret_release(&made.key);
    return made_print(app, &made, e);
}

static bool
authority_gencert(struct app *app, const struct cert_request *request, struct error *e)
{
    const struct options *o = &app->options;
    AUTO_AUTHORITY authority = NULL;
    bool of_key = option_given(o, "ca-key");

    if (option_given(o, "ca"))
        return error_set(
            e, ERROR_USAGE,
            "-initca makes a new certificate: -ca goes with -renewca, or without both");
    return (of_key ? authority_make_of_key(request, option_text(o, "ca-key"), &authority, e)
                   : authority_make(request, &authority, e)) &&
           authority_print(app, request, authority, !of_key, e);
}

static bool
ca_is_given(struct app *app, struct error *e)
{
    return (option_given(&app->options, "ca") && option_given(&app->options, "ca-key")) ||
           error_set(e, ERROR_USAGE,
                     "give the authority with -ca and -ca-key, or make one with 'gencert "
                     "-initca'");
}

static bool
authority_renew_print(struct app *app, struct error *e)
{
    const struct options *o = &app->options;
    AUTO_AUTHORITY authority = NULL;
    struct cert_made made;

    if (app->operand_count > 0)
        return error_set(e, ERROR_USAGE, "-renewca takes no request: all is as it was");
    if (!ca_is_given(app, e) ||
        !authority_renew(option_text(o, "ca"), option_text(o, "ca-key"), &authority, e) ||
        !authority_text(app->mem, authority, &(struct cert_request){.common_name = ""}, &made, e))
        return false;
    secret_release(&made.key);
    made.signing_request = NULL;
    return made_print(app, &made, e);
}

static bool
policy_apply(struct app *app, struct cert_request *request, struct error *e)
{
    const char *path =
        option_given(&app->options, "config") ? option_text(&app->options, "config") : "";
    struct bytes policy = {0};

    if (path[0] != '\0' && !file_read_all(app->mem, path, CFSSL_JSON_MOST_BYTES, &policy, e))
        return false;
    return cfssl_profile_apply(app->mem, policy, option_text(&app->options, "profile"), request,
                               e) ||
           error_wrap(e, "'%s'", path[0] != '\0' ? path : "policy");
}

/* What an authority's certificates have in common, whoever made the key. */
static bool
leaf_prepare(struct app *app, struct cert_request *request, struct authority **ret_authority,
             struct error *e)
{
    const struct options *o = &app->options;
    int64_t now_s = time_wall_ms() / 1000;

    request->may_outlive = true;
    if (!ca_is_given(app, e) || !policy_apply(app, request, e) ||
        (option_given(o, "hostname") &&
         !cfssl_hosts_replace(app->mem, option_text(o, "hostname"), request, e)) ||
        !authority_load(option_text(o, "ca"), option_text(o, "ca-key"), ret_authority, e))
        return false;
    if (now_s + request->valid_s > authority_end_s(*ret_authority) + MINUTES_S)
        app_warn(app, "it outlives its authority, which ends at %s: nobody believes it then",
                 time_rfc3339(app->mem, authority_end_s(*ret_authority) * 1000));
    return true;
}

static bool
leaf_gencert(struct app *app, struct cert_request *request, struct error *e)
{
    AUTO_AUTHORITY authority = NULL;
    struct cert_made made;

    if (!leaf_prepare(app, request, &authority, e))
        return false;
    if (request->name_count == 0 && strstr(request->extended_usage, "serverAuth") != NULL)
        app_warn(app, "a server without hosts: whoever dials it will not find its name in it");
    return authority_issue_text(app->mem, authority, request, &made, e) &&
           made_print(app, &made, e);
}

/* The request of the operand, and whether it has "ca". */
static bool
request_read(struct app *app, const char *path, struct cert_request *request, bool *ret_has_ca,
             struct error *e)
{
    struct bytes json;

    if (path == NULL)
        return error_set(e, ERROR_USAGE, "give the request: CSRJSON, or '-' for standard input");
    return read_operand(app, path, &json, e) &&
           (cfssl_request_decode(app->mem, json, request, ret_has_ca, e) ||
            error_wrap(e, "request '%s'", path));
}

static bool
has_no_ca(const char *path, bool has_ca, struct error *e)
{
    return !has_ca || error_set(e, ERROR_USAGE, "request '%s': 'ca' is for -initca only", path);
}

static bool
cfssl_gencert_run(struct app *app, struct error *e)
{
    const char *path = app_operand(app, 0);
    struct cert_request request;
    bool has_ca;

    if (option_bool(&app->options, "renewca"))
        return authority_renew_print(app, e);
    if (!request_read(app, path, &request, &has_ca, e))
        return false;
    if (option_given(&app->options, "cn"))
        request.common_name = option_text(&app->options, "cn");
    if (option_bool(&app->options, "initca"))
        return authority_gencert(app, &request, e);
    return has_no_ca(path, has_ca, e) && leaf_gencert(app, &request, e);
}

static bool
cfssl_sign_run(struct app *app, struct error *e)
{
    bool by_option = option_given(&app->options, "csr");
    const char *path = by_option ? option_text(&app->options, "csr") : app_operand(app, 0);
    struct cert_request request = {.common_name = ""};
    AUTO_AUTHORITY authority = NULL;
    struct cert_made made;
    struct bytes pem;

    if (path == NULL)
        return error_set(e, ERROR_USAGE, "give the request: a PEM file, or '-'");
    if (!read_operand(app, path, &pem, e) || !leaf_prepare(app, &request, &authority, e))
        return false;
    return (authority_sign_text(app->mem, authority, pem, &request, &made, e) ||
            error_wrap(e, "'%s'", path)) &&
           made_print(app, &made, e);
}

static bool
cfssl_genkey_run(struct app *app, struct error *e)
{
    const char *path = app_operand(app, 0);
    AUTO_AUTHORITY authority = NULL;
    struct cert_request request;
    struct cert_made made;
    bool has_ca;

    if (!request_read(app, path, &request, &has_ca, e))
        return false;
    if (option_bool(&app->options, "initca"))
        return authority_make(&request, &authority, e) &&
               authority_print(app, &request, authority, true, e);
    return has_no_ca(path, has_ca, e) && cert_request_text(app->mem, &request, &made, e) &&
           made_print(app, &made, e);
}

/* The host is what cfssl takes and passes over; here it is a name of the certificate. */
static bool
cfssl_selfsign_run(struct app *app, struct error *e)
{
    struct cert_request request;
    struct cert_made made;
    bool has_ca;

    if (!request_read(app, app_operand(app, 1), &request, &has_ca, e) ||
        !policy_apply(app, &request, e))
        return false;
    if (!option_given(&app->options, "config"))
        request.valid_s = SELF_SIGNED_S;
    if (request.name_count == 0 && !cfssl_hosts_replace(app->mem, app_operand(app, 0), &request, e))
        return false;
    app_warn(app, "a certificate that signs itself is for trials: nobody can tell it from another "
                  "of the same name");
    return cert_self_text(app->mem, &request, &made, e) && made_print(app, &made, e);
}

/* --- certinfo --- */

static bool
certificate_print(struct app *app, const struct certificate *c, struct error *e)
{
    struct json_writer w;

    json_writer_init(&w, &app->out, INDENT);
    if (!cfssl_info_write(&w, c, e))
        return false;
    buf_append_byte(&app->out, '\n');
    return true;
}

static bool
certinfo_of_file(struct app *app, const char *path, struct error *e)
{
    struct certificates found;
    struct bytes pem;

    return read_operand(app, path, &pem, e) &&
           (certificates_decode(app->mem, pem, &found, e) ||
            error_wrap(e, "certificate file '%s'", path)) &&
           certificate_print(app, &found.items[0], e);
}

static bool
certinfo_of_request(struct app *app, const char *path, struct error *e)
{
    struct json_writer w;
    struct bytes pem;

    if (!read_operand(app, path, &pem, e))
        return false;
    json_writer_init(&w, &app->out, INDENT);
    if (!cfssl_request_info_write(&w, pem, e))
        return error_wrap(e, "'%s'", path);
    buf_append_byte(&app->out, '\n');
    return true;
}

/* Whatever it presents, trusted or not. */
static bool
certinfo_of_domain(struct app *app, const char *domain, struct error *e)
{
    const struct tls_options options = {.insecure_skip_verify = true};
    bool has_port =
        strrchr(domain, ':') != NULL && strchr(domain, ']') != domain + strlen(domain) - 1;
    const char *url = arena_printf(app->mem, "https://%s%s", domain, has_port ? "" : HTTPS_PORT);
    struct tls_context *tls = tls_context_new(app->mem, &options);
    struct tls_presented presented = {0};
    struct certificate certificate;
    struct endpoint endpoint;

    if (!endpoint_parse(app->mem, url, true, &endpoint, e) || !tls_context_load(tls, e))
        return false;
    tls_presented_fetch(app->mem, &endpoint, 1, tls, DIAL_MS, &presented);
    if (presented.chain_count == 0)
        return error_set(e, ERROR_CONNECTION, "%s: %s", domain, presented.failure.text);
    return certificate_decode(app->mem, presented.chain[0], &certificate, e) &&
           certificate_print(app, &certificate, e);
}

static bool
cfssl_certinfo_run(struct app *app, struct error *e)
{
    const struct options *o = &app->options;
    int given = option_given(o, "cert") + option_given(o, "csr") + option_given(o, "domain");

    if (given != 1)
        return error_set(e, ERROR_USAGE, "of what? one of -cert, -csr, -domain");
    if (option_given(o, "cert"))
        return certinfo_of_file(app, option_text(o, "cert"), e);
    return option_given(o, "csr") ? certinfo_of_request(app, option_text(o, "csr"), e)
                                  : certinfo_of_domain(app, option_text(o, "domain"), e);
}

/* Ours have both usages in the profile for servers, which etcd's members need. */
static const char default_config[] =
    "{\n"
    "    \"signing\": {\n"
    "        \"default\": {\"expiry\": \"8760h\",\n"
    "                    \"usages\": [\"signing\", \"key encipherment\", \"client auth\"]},\n"
    "        \"profiles\": {\n"
    "            \"server\": {\"expiry\": \"8760h\",\n"
    "                       \"usages\": [\"signing\", \"key encipherment\", \"server auth\", "
    "\"client auth\"]},\n"
    "            \"peer\": {\"expiry\": \"8760h\",\n"
    "                     \"usages\": [\"signing\", \"key encipherment\", \"server auth\", "
    "\"client auth\"]},\n"
    "            \"client\": {\"expiry\": \"8760h\",\n"
    "                       \"usages\": [\"signing\", \"key encipherment\", \"client auth\"]}\n"
    "        }\n"
    "    }\n"
    "}\n";

static const char default_csr[] = "{\n"
                                  "    \"CN\": \"etcd\",\n"
                                  "    \"hosts\": [\"<address of this host>\", \"127.0.0.1\"],\n"
                                  "    \"key\": {\"algo\": \"ecdsa\", \"size\": 256},\n"
                                  "    \"names\": [{\"O\": \"example\"}]\n"
                                  "}\n";

static bool
cfssl_print_defaults_run(struct app *app, struct error *e)
{
    const char *what = app_operand(app, 0);

    if (strcmp(what, "list") == 0)
        buf_append_text(&app->out, "Default configurations are available for:\n\tconfig\n\tcsr\n");
    else if (strcmp(what, "config") == 0)
        buf_append_text(&app->out, default_config);
    else if (strcmp(what, "csr") == 0)
        buf_append_text(&app->out, default_csr);
    else
        return error_set(e, ERROR_USAGE, "'%s': there are defaults for 'config' and 'csr'", what);
    return true;
}

/* The field under its name, or under that of cfssl's server; nothing when it is not there. */
static bool
part_write(struct app *app, const struct json *made, const char *const keys[2], const char *path,
           mode_t mode, struct error *e)
{
    const char *key = json_get(made, keys[0]) != NULL ? keys[0] : keys[1];
    const char *text;

    if (json_get(made, key) == NULL)
        return true;
    if (!json_get_text(app->mem, made, key, &text, e))
        return false;
    if (option_bool(&app->options, "stdout")) {
        buf_printf(&app->out, "%s\n", text);
        return true;
    }
    return file_replace(path, bytes_of_text(text), mode, e);
}

static bool
cfssljson_run(struct app *app, struct error *e)
{
    static const char *const cert[] = {"cert", "certificate"};
    static const char *const key[] = {"key", "private_key"};
    static const char *const csr[] = {"csr", "certificate_request"};
    const char *base = app_operand(app, 0) != NULL ? app_operand(app, 0) : "cert";
    const char *from =
        option_given(&app->options, "file") ? option_text(&app->options, "file") : "-";
    const char *name = strcmp(from, "-") == 0 ? "standard input" : from;
    const struct json *made;
    struct bytes input;

    /* The guides write the input's name behind, which cfssljson passes over. */
    if (app->operand_count > 1 && strcmp(app_operand(app, 1), "-") != 0)
        return error_set(e, ERROR_USAGE, "'%s' is one operand too many", app_operand(app, 1));
    secrets_guard();
    if (!read_operand(app, from, &input, e))
        return false;
    if (!json_parse(app->mem, input, &made, e))
        return error_wrap(e, "%s", name);
    if (!option_bool(&app->options, "bare"))
        made = json_get(made, "result");
    if (json_get(made, cert[0]) == NULL && json_get(made, cert[1]) == NULL &&
        json_get(made, csr[0]) == NULL && json_get(made, csr[1]) == NULL)
        return error_set(e, ERROR_FORMAT, "there is no certificate in %s", name);
    return part_write(app, made, cert, arena_printf(app->mem, "%s.pem", base), PUBLIC_MODE, e) &&
           part_write(app, made, key, arena_printf(app->mem, "%s-key.pem", base), KEY_MODE, e) &&
           part_write(app, made, csr, arena_printf(app->mem, "%s.csr", base), PUBLIC_MODE, e);
}

const struct command command_cfssl_gencert = {
    .name = "cfssl gencert",
    .operands = "[CSRJSON]",
    .summary = "Make a key and a certificate for it from cfssl's JSON",
    .family = FAMILY_TLS,
    .options = gencert_options,
    .reads_input = true,
    .run = cfssl_gencert_run,
    .example =
        "quorate cfssl gencert --initca ca-csr.json\n"
        "quorate cfssl gencert -initca ca-csr.json | quorate cfssljson -bare ca\n"
        "quorate cfssl gencert -initca -ca-key ca-key.pem ca-csr.json\n"
        "quorate cfssl gencert -renewca -ca ca.pem -ca-key ca-key.pem | quorate cfssljson -bare "
        "ca\n"
        "quorate cfssl gencert -ca ca.pem -ca-key ca-key.pem -config ca-config.json -profile "
        "peer peer.json | quorate cfssljson -bare peer",
    .description =
        "As cfssl's: certificate, request and key as JSON on standard output, which 'cfssljson "
        "-bare "
        "NAME' makes files of. Flags may have one dash or two; a link called cfssl to quorate "
        "leaves "
        "out the first word.\n\n"
        "With -initca and -ca-key, and with -renewca, there is no new key. Not as cfssl: a host or "
        "a "
        "name that was left as the example had it is refused, and so are a profile that is not "
        "there, a field that is not offered, and an authority's key that others may read.",
};

const struct command command_cfssl_sign = {
    .name = "cfssl sign",
    .operands = "[CSR]",
    .summary = "Have an authority sign somebody's certificate request",
    .family = FAMILY_TLS,
    .options = sign_options,
    .reads_input = true,
    .run = cfssl_sign_run,
    .example = "quorate cfssl sign -ca ca.pem -ca-key ca-key.pem -config ca-config.json -profile "
               "peer peer.csr | quorate cfssljson -bare peer",
    .description =
        "Subject, key and hosts are the request's; usages and lifetime the policy's. It is refused "
        "when its own key has not signed it.",
};

const struct command command_cfssl_genkey = {
    .name = "cfssl genkey",
    .operands = "CSRJSON",
    .summary = "Make a key and a request from cfssl's JSON, for an authority elsewhere",
    .family = FAMILY_TLS,
    .options = genkey_options,
    .reads_input = true,
    .run = cfssl_genkey_run,
    .example = "quorate cfssl genkey peer.json | quorate cfssljson -bare peer",
};

const struct command command_cfssl_selfsign = {
    .name = "cfssl selfsign",
    .operands = "HOSTNAME CSRJSON",
    .summary = "Make a key and a certificate that it signs itself, for trials",
    .family = FAMILY_TLS,
    .options = selfsign_options,
    .reads_input = true,
    .run = cfssl_selfsign_run,
    .example = "quorate cfssl selfsign localhost server.json | quorate cfssljson -bare server",
    .description = "HOSTNAME is its name when CSRJSON has no hosts. Without a policy it is valid "
                   "for three months.",
};

const struct command command_cfssl_certinfo = {
    .name = "cfssl certinfo",
    .summary = "Print a certificate or a request for one as JSON, as cfssl does",
    .reads_input = true,
    .family = FAMILY_TLS,
    .options = certinfo_options,
    .run = cfssl_certinfo_run,
    .example = "quorate cfssl certinfo --cert ca.pem\n"
               "quorate cfssl certinfo --csr peer.csr\n"
               "quorate cfssl certinfo --domain 10.0.0.1:2379",
    .description = "Of a server it prints what it presents, trusted or not.",
};

const struct command command_cfssl_print_defaults = {
    .name = "cfssl print-defaults",
    .operands = "config|csr|list",
    .summary = "Print a signing policy or a certificate request to begin with",
    .family = FAMILY_TLS,
    .run = cfssl_print_defaults_run,
    .example = "quorate cfssl print-defaults config",
};

const struct command command_cfssljson = {
    .name = "cfssljson",
    .operands = "[NAME] [-]",
    .summary = "Write what 'cfssl gencert' printed as NAME.pem, NAME-key.pem and NAME.csr",
    .family = FAMILY_TLS,
    .options = cfssljson_options,
    .effect = EFFECT_WRITES_FILES,
    .reads_input = true,
    .run = cfssljson_run,
    .example = "quorate cfssljson --bare ca\n"
               "quorate cfssl gencert -initca ca-csr.json | quorate cfssljson -bare ca",
    .description =
        "Files of these names are written over, as cfssljson does. The key is its owner's "
        "alone (0600).",
};

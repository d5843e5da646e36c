/* cfssl's words: 'cfssl gencert', 'certinfo', 'print-defaults', and 'cfssljson'. */

#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cli/app.h"
#include "cli/input.h"
#include "pki/cfssl_info.h"
#include "pki/cfssl_request.h"

enum { PUBLIC_MODE = 0644, KEY_MODE = 0600, INDENT = 2 };

static const struct option_def gencert_options[] = {
    {"initca", OPTION_BOOL, .help = "Make an authority: a new key, and a certificate signed by it"},
    {"ca", OPTION_FILE, .arg = "FILE", .help = "The authority's certificate (PEM)"},
    {"ca-key", OPTION_FILE, .arg = "FILE", .help = "The authority's key (PEM)"},
    {"config", OPTION_FILE, .arg = "FILE", .help = "The signing policy (JSON)"},
    {"profile", OPTION_TEXT, .arg = "NAME",
     .help = "A profile of the policy [default: its default]"},
    {"hostname", OPTION_TEXT, .arg = "HOST[,HOST...]",
     .help = "Names and addresses in place of the request's hosts"},
    OPTIONS_END,
};

static const struct option_def certinfo_options[] = {
    {"cert", OPTION_FILE, .arg = "FILE", .required = true, .help = "The certificate (PEM)"},
    OPTIONS_END,
};

static const struct option_def cfssljson_options[] = {
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
    json_key_text(&w, "cert", made->cert);
    json_key_text(&w, "csr", made->signing_request);
    json_key_text(&w, "key", made->key.text);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
    secret_release(&made->key);
    size = app->out.size;
    done = app_flush(app, e);
    explicit_bzero(app->out.data, size);
    return done;
}

static bool
authority_gencert(struct app *app, const struct cert_request *request, struct error *e)
{
    AUTO_AUTHORITY authority = NULL;
    struct cert_made made;

    if (option_given(&app->options, "ca-key") || option_given(&app->options, "ca"))
        return error_set(e, ERROR_FEATURE,
                         "an authority's certificate for a key that exists is not offered");
    return authority_make(request, &authority, e) &&
           authority_text(app->mem, authority, request, &made, e) && made_print(app, &made, e);
}

static bool
policy_read(struct app *app, struct bytes *ret, struct error *e)
{
    const char *path =
        option_given(&app->options, "config") ? option_text(&app->options, "config") : "";

    *ret = (struct bytes){0};
    return path[0] == '\0' || file_read_all(app->mem, path, CFSSL_JSON_MOST_BYTES, ret, e);
}

static bool
leaf_gencert(struct app *app, struct cert_request *request, struct error *e)
{
    const struct options *o = &app->options;
    AUTO_AUTHORITY authority = NULL;
    struct cert_made made;
    struct bytes policy;

    if (!option_given(o, "ca") || !option_given(o, "ca-key"))
        return error_set(e, ERROR_USAGE,
                         "give the authority with -ca and -ca-key, or make one with "
                         "-initca");
    if (!policy_read(app, &policy, e))
        return false;
    if (!cfssl_profile_apply(app->mem, policy, option_text(o, "profile"), request, e))
        return error_wrap(e, "'%s'", policy.data != NULL ? option_text(o, "config") : "policy");
    if (option_given(o, "hostname") &&
        !cfssl_hosts_replace(app->mem, option_text(o, "hostname"), request, e))
        return false;
    if (request->name_count == 0 && strstr(request->extended_usage, "serverAuth") != NULL)
        app_warn(app, "a server without hosts: whoever dials it will not find its name in it");
    return authority_load(option_text(o, "ca"), option_text(o, "ca-key"), &authority, e) &&
           authority_issue_text(app->mem, authority, request, &made, e) &&
           made_print(app, &made, e);
}

static bool
cfssl_gencert_run(struct app *app, struct error *e)
{
    const char *path = app_operand(app, 0);
    bool initca = option_bool(&app->options, "initca");
    struct cert_request request;
    struct bytes json;
    bool has_ca;

    if (!read_operand(app, path, &json, e))
        return false;
    if (!cfssl_request_decode(app->mem, json, &request, &has_ca, e))
        return error_wrap(e, "request '%s'", path);
    if (initca)
        return authority_gencert(app, &request, e);
    if (has_ca)
        return error_set(e, ERROR_USAGE, "request '%s': 'ca' is for -initca only", path);
    return leaf_gencert(app, &request, e);
}

static bool
cfssl_certinfo_run(struct app *app, struct error *e)
{
    struct certificates found;
    struct json_writer w;

    if (!certificates_load(app->mem, option_text(&app->options, "cert"), &found, e))
        return false;
    json_writer_init(&w, &app->out, INDENT);
    if (!cfssl_info_write(&w, &found.items[0], e))
        return false;
    buf_append_byte(&app->out, '\n');
    return true;
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

    if (strcmp(what, "config") == 0)
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
    const struct json *made;
    struct bytes input;

    if (!input_read_value(app, &input, e))
        return false;
    if (!json_parse(app->mem, input, &made, e))
        return error_wrap(e, "standard input");
    if (!option_bool(&app->options, "bare"))
        made = json_get(made, "result");
    if (json_get(made, cert[0]) == NULL && json_get(made, cert[1]) == NULL)
        return error_set(e, ERROR_FORMAT, "there is no certificate in standard input");
    return part_write(app, made, cert, arena_printf(app->mem, "%s.pem", base), PUBLIC_MODE, e) &&
           part_write(app, made, key, arena_printf(app->mem, "%s-key.pem", base), KEY_MODE, e) &&
           part_write(app, made, csr, arena_printf(app->mem, "%s.csr", base), PUBLIC_MODE, e);
}

const struct command command_cfssl_gencert = {
    .name = "cfssl gencert",
    .operands = "CSRJSON",
    .summary = "Make a key and a certificate for it from cfssl's JSON",
    .family = FAMILY_TLS,
    .options = gencert_options,
    .reads_input = true,
    .run = cfssl_gencert_run,
    .example =
        "quorate cfssl gencert --initca ca-csr.json\n"
        "quorate cfssl gencert -initca ca-csr.json | quorate cfssljson -bare ca\n"
        "quorate cfssl gencert -ca ca.pem -ca-key ca-key.pem -config ca-config.json -profile "
        "peer peer.json | quorate cfssljson -bare peer",
    .description =
        "As cfssl's: certificate, request and key as JSON on standard output, which 'cfssljson "
        "-bare "
        "NAME' makes files of. Flags may have one dash or two; a link called cfssl to quorate "
        "leaves "
        "out the first word.\n\n"
        "Not as cfssl: a host that was left as the example had it is refused, and so are a profile "
        "that is not there and an authority's key that others may read.",
};

const struct command command_cfssl_certinfo = {
    .name = "cfssl certinfo",
    .summary = "Print a certificate as JSON, as cfssl does",
    .family = FAMILY_TLS,
    .options = certinfo_options,
    .run = cfssl_certinfo_run,
    .example = "quorate cfssl certinfo --cert ca.pem",
};

const struct command command_cfssl_print_defaults = {
    .name = "cfssl print-defaults",
    .operands = "config|csr",
    .summary = "Print a signing policy or a certificate request to begin with",
    .family = FAMILY_TLS,
    .run = cfssl_print_defaults_run,
    .example = "quorate cfssl print-defaults config",
};

const struct command command_cfssljson = {
    .name = "cfssljson",
    .operands = "[NAME]",
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

#include "pki/cfssl_request.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"

enum { AUTHORITY_YEARS_S = 5 * 8760 * 3600, LEAF_S = 8760 * 3600, HOSTS_MOST = 1000 };

/* --- requests --- */

static bool
text_of(struct arena *mem, const struct json *object, const char *key, const char **ret_text,
        struct error *e)
{
    *ret_text = "";
    return json_get(object, key) == NULL || json_get_text(mem, object, key, ret_text, e);
}

/* What examples have in the place of a name, in capitals: HOST_1, NODE2, ETCD_IP. */
static bool
is_placeholder_word(const char *host)
{
    bool has_underscore = strchr(host, '_') != NULL;
    bool has_dot = strchr(host, '.') != NULL;
    bool has_digit = false;

    for (const char *c = host; *c != '\0'; c++) {
        if (islower((unsigned char)*c) || *c == ':')
            return false;
        has_digit |= isdigit((unsigned char)*c) != 0;
    }
    return isupper((unsigned char)host[0]) && !has_dot &&
           (has_underscore || has_digit || strstr(host, "IP") != NULL ||
            strstr(host, "HOST") != NULL);
}

static bool
host_check(const char *host, struct error *e)
{
    if (host[0] != '\0' && strpbrk(host, "<>{}$%[] \t") == NULL && !is_placeholder_word(host))
        return true;
    error_set_(e, ERROR_USAGE, 0, "host '%s' was not filled in", host);
    return error_hint(e, "put the address or name of the host in its place, or take it out");
}

static bool
hosts_decode(struct arena *mem, const struct json *doc, struct cert_request *request,
             struct error *e)
{
    const struct json *array;
    const char **hosts;

    if (json_get(doc, "hosts") == NULL)
        return true;
    if (!json_get_array(doc, "hosts", &array, e))
        return false;
    if (json_array_count(array) > HOSTS_MOST)
        return error_set(e, ERROR_LIMIT, "more than %d hosts", HOSTS_MOST);
    hosts = arena_zero(mem, (json_array_count(array) + 1) * sizeof(*hosts));
    for (size_t i = 0; i < json_array_count(array); i++) {
        if (!json_as_text(mem, json_array_at(array, i), &hosts[i], e))
            return error_wrap(e, "'hosts'");
        /* "hosts": [""] is how the guides write a client's: it has none. */
        if (hosts[i][0] == '\0' && json_array_count(array) == 1)
            return true;
        if (!host_check(hosts[i], e))
            return false;
    }
    request->names = hosts;
    request->name_count = json_array_count(array);
    return true;
}

bool
cfssl_hosts_replace(struct arena *mem, const char *list, struct cert_request *request,
                    struct error *e)
{
    ARRAY(const char *) hosts = ARRAY_INIT;

    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        const char *host = arena_text_of_bytes(mem, bytes_of(list, length));

        if (!host_check(host, e))
            return false;
        *ARRAY_PUSH(mem, &hosts) = host;
        list += length + (list[length] == ',');
    }
    request->names = hosts.items;
    request->name_count = hosts.count;
    return true;
}

/* "<country>" is how the guides write what is to be filled in. */
static bool
part_check(const char *field, const char *value, struct error *e)
{
    if (strpbrk(value, "<>{}$") == NULL)
        return true;
    error_set_(e, ERROR_USAGE, 0, "'%s' of a name is '%s', which was not filled in", field, value);
    return error_hint(e, "put your own in its place, or take it out");
}

/* What would be left out of the certificate without a word. */
static bool
nothing_unknown(const struct json *object, const char *const *keys, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (json_get(object, keys[i]) != NULL)
            return error_set(e, ERROR_USAGE, "'%s' is not offered", keys[i]);
    }
    return true;
}

/* In the order in which cfssl 1.2 writes a subject, which is that of Go (crypto/x509/pkix, ToRDNSequence). */
static bool
names_decode(struct arena *mem, const struct json *doc, struct cert_request *request,
             struct error *e)
{
    static const char *const fields[] = {"C", "ST", "L", "O", "OU"};
    static const char *const unknown[] = {"E", "SerialNumber", "OID"};
    ARRAY(struct cert_subject_part) parts = ARRAY_INIT;
    const struct json *array;

    if (json_get(doc, "names") == NULL)
        return true;
    if (!json_get_array(doc, "names", &array, e))
        return false;
    for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
        for (size_t i = 0; i < json_array_count(array); i++) {
            const char *value;

            if (!text_of(mem, json_array_at(array, i), fields[f], &value, e) ||
                !part_check(fields[f], value, e) ||
                !nothing_unknown(json_array_at(array, i), unknown, 3, e))
                return error_wrap(e, "'names'");
            if (value[0] != '\0')
                *ARRAY_PUSH(mem, &parts) = (struct cert_subject_part){fields[f], value};
        }
    }
    request->parts = parts.items;
    request->part_count = parts.count;
    return true;
}

static bool
key_decode(struct arena *mem, const struct json *doc, struct cert_request *request, struct error *e)
{
    static const struct {
        const char *algorithm;
        uint64_t size;
        enum key_kind kind;
    } kinds[] = {{"ecdsa", 256, KEY_P256},    {"ecdsa", 384, KEY_P384},
                 {"ecdsa", 521, KEY_P521},    {"rsa", 2048, KEY_RSA_2048},
                 {"rsa", 3072, KEY_RSA_3072}, {"rsa", 4096, KEY_RSA_4096},
                 {"rsa", 8192, KEY_RSA_8192}};
    const struct json *key = json_get(doc, "key");
    const char *algorithm;
    uint64_t size;

    if (key == NULL)
        return true;
    if (!json_get_text(mem, key, "algo", &algorithm, e))
        return error_wrap(e, "'key'");
    if (strcmp(algorithm, "ed25519") == 0) {
        request->key = KEY_ED25519;
        return true;
    }
    if (!json_get_u64(key, "size", &size, e))
        return error_wrap(e, "'key'");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].algorithm, algorithm) == 0 && kinds[i].size == size) {
            request->key = kinds[i].kind;
            return true;
        }
    }
    error_set_(e, ERROR_USAGE, 0, "a key of '%s' with size %llu is not offered", algorithm,
               (unsigned long long)size);
    return error_hint(e, "ecdsa 256, 384 or 521; rsa 2048, 3072, 4096 or 8192; ed25519");
}

static bool
expiry_of(struct arena *mem, const struct json *object, int64_t *ret_s, struct error *e)
{
    const char *text;
    int64_t ms;

    if (!text_of(mem, object, "expiry", &text, e))
        return false;
    if (text[0] == '\0')
        return true;
    if (!duration_parse(text, &ms, e))
        return error_wrap(e, "'expiry'");
    if (ms < 1000)
        return error_set(e, ERROR_USAGE, "'expiry' is %s: nothing would be valid", text);
    *ret_s = ms / 1000;
    return true;
}

/* A path length of 0 is none at all, unless "pathlenzero" says otherwise. */
static bool
ca_decode(struct arena *mem, const struct json *ca, struct cert_request *request, struct error *e)
{
    static const char *const unknown[] = {"backdate"};
    uint64_t path_length = 0;
    bool zero = false;

    if (!nothing_unknown(ca, unknown, 1, e) || !expiry_of(mem, ca, &request->valid_s, e) ||
        (json_get(ca, "pathlen") != NULL && !json_get_u64(ca, "pathlen", &path_length, e)) ||
        (json_get(ca, "pathlenzero") != NULL && !json_get_bool(ca, "pathlenzero", &zero, e)))
        return error_wrap(e, "'ca'");
    if (path_length > 0 || zero)
        request->path_length = path_length < 100 ? (int)path_length : 100;
    return true;
}

bool
cfssl_request_decode(struct arena *mem, struct bytes json, struct cert_request *ret_request,
                     bool *ret_has_ca, struct error *e)
{
    struct cert_request request = {
        .key = KEY_P256, .valid_s = AUTHORITY_YEARS_S, .path_length = -1};
    static const char *const unknown[] = {"serialnumber", "delegation_enabled", "extensions",
                                          "crl_url"};
    const struct json *doc;

    if (!json_parse(mem, json, &doc, e))
        return false;
    if (!json_is_object(doc))
        return error_set(e, ERROR_FORMAT,
                         "it is no request: a JSON object with CN, hosts, key, names");
    *ret_has_ca = json_get(doc, "ca") != NULL;
    request.is_authority = *ret_has_ca;
    if (!nothing_unknown(doc, unknown, 4, e) || !text_of(mem, doc, "CN", &request.common_name, e) ||
        !part_check("CN", request.common_name, e) || !names_decode(mem, doc, &request, e) ||
        !hosts_decode(mem, doc, &request, e) || !key_decode(mem, doc, &request, e) ||
        (*ret_has_ca && !ca_decode(mem, json_get(doc, "ca"), &request, e)))
        return false;
    if (request.common_name[0] == '\0' && request.part_count == 0 && request.name_count == 0)
        return error_set(e, ERROR_USAGE, "the request names nobody: no CN, no names, no hosts");
    *ret_request = request;
    return true;
}

/* --- policies --- */

struct usage_word {
    const char *word;     /* cfssl's */
    const char *key;      /* OpenSSL's key usage, or NULL */
    const char *extended; /* OpenSSL's extended key usage, or NULL */
};

static const struct usage_word usage_words[] = {
    {"signing", "digitalSignature", NULL},
    {"digital signature", "digitalSignature", NULL},
    {"content committment", "nonRepudiation", NULL}, /* spelled so */
    {"content commitment", "nonRepudiation", NULL},
    {"key encipherment", "keyEncipherment", NULL},
    {"key agreement", "keyAgreement", NULL},
    {"data encipherment", "dataEncipherment", NULL},
    {"cert sign", "keyCertSign", NULL},
    {"crl sign", "cRLSign", NULL},
    {"encipher only", "encipherOnly", NULL},
    {"decipher only", "decipherOnly", NULL},
    {"any", NULL, "anyExtendedKeyUsage"},
    {"server auth", NULL, "serverAuth"},
    {"client auth", NULL, "clientAuth"},
    {"code signing", NULL, "codeSigning"},
    {"email protection", NULL, "emailProtection"},
    {"s/mime", NULL, "emailProtection"},
    {"ipsec end system", NULL, "ipsecEndSystem"},
    {"ipsec tunnel", NULL, "ipsecTunnel"},
    {"ipsec user", NULL, "ipsecUser"},
    {"timestamping", NULL, "timeStamping"},
    {"ocsp signing", NULL, "OCSPSigning"},
    {"microsoft sgc", NULL, "msSGC"},
    {"netscape sgc", NULL, "nsSGC"},
};

static const struct usage_word *
usage_find(const char *word)
{
    for (size_t i = 0; i < sizeof(usage_words) / sizeof(usage_words[0]); i++) {
        if (strcmp(usage_words[i].word, word) == 0)
            return &usage_words[i];
    }
    return NULL;
}

static void
usage_append(struct buf *list, const char *usage)
{
    if (usage != NULL && strstr(buf_text(list), usage) == NULL)
        buf_printf(list, "%s%s", list->size > 0 ? "," : "", usage);
}

static bool
usages_decode(struct arena *mem, const struct json *profile, struct cert_request *request,
              struct error *e)
{
    AUTO_BUF key = BUF_INIT;
    AUTO_BUF extended = BUF_INIT;
    const struct json *array = NULL;

    if (json_get(profile, "usages") != NULL && !json_get_array(profile, "usages", &array, e))
        return false;
    for (size_t i = 0; i < json_array_count(array); i++) {
        const struct usage_word *usage;
        const char *word;

        if (!json_as_text(mem, json_array_at(array, i), &word, e))
            return error_wrap(e, "'usages'");
        usage = usage_find(word);
        if (usage == NULL)
            return error_set(e, ERROR_USAGE, "usage '%s' is not known", word);
        usage_append(&key, usage->key);
        usage_append(&extended, usage->extended);
    }
    if (key.size == 0 && extended.size == 0)
        return error_set(e, ERROR_USAGE, "it has no usages");
    request->key_usage = arena_text(mem, buf_text(&key));
    request->extended_usage = arena_text(mem, buf_text(&extended));
    return true;
}

static bool
profile_find(const struct json *signing, const char *profile, const struct json **ret,
             struct error *e)
{
    *ret = profile[0] == '\0' ? json_get(signing, "default")
                              : json_get(json_get(signing, "profiles"), profile);
    if (*ret != NULL || profile[0] == '\0')
        return true;
    return error_set(e, ERROR_NOT_FOUND, "the policy has no profile '%s'", profile);
}

/* {"is_ca": true, "max_path_len": 0, "max_path_len_zero": true} */
static bool
constraint_decode(const struct json *profile, struct cert_request *request, struct error *e)
{
    const struct json *constraint = json_get(profile, "ca_constraint");
    uint64_t path_length = 0;
    bool zero = false;

    request->path_length = -1;
    if (constraint == NULL)
        return true;
    if ((json_get(constraint, "is_ca") != NULL &&
         !json_get_bool(constraint, "is_ca", &request->is_authority, e)) ||
        (json_get(constraint, "max_path_len") != NULL &&
         !json_get_u64(constraint, "max_path_len", &path_length, e)) ||
        (json_get(constraint, "max_path_len_zero") != NULL &&
         !json_get_bool(constraint, "max_path_len_zero", &zero, e)))
        return error_wrap(e, "'ca_constraint'");
    if (path_length > 0 || zero)
        request->path_length = path_length < 100 ? (int)path_length : 100;
    return true;
}

/* Without an expiry of its own a profile has the default's. */
static bool
profile_decode(struct arena *mem, const struct json *signing, const struct json *profile,
               struct cert_request *request, struct error *e)
{
    static const char *const unknown[] = {"backdate",       "not_before", "not_after",
                                          "crl_url",        "ocsp_url",   "issuer_urls",
                                          "name_whitelist", "remote",     "auth_remote"};
    const struct json *fallback = json_get(signing, "default");

    return nothing_unknown(profile, unknown, sizeof(unknown) / sizeof(unknown[0]), e) &&
           (fallback == NULL || expiry_of(mem, fallback, &request->valid_s, e)) &&
           expiry_of(mem, profile, &request->valid_s, e) &&
           usages_decode(mem, profile, request, e) && constraint_decode(profile, request, e);
}

bool
cfssl_profile_apply(struct arena *mem, struct bytes json, const char *profile,
                    struct cert_request *request, struct error *e)
{
    const struct json *found = NULL;
    const struct json *signing;
    const struct json *doc;

    request->valid_s = LEAF_S;
    request->path_length = -1;
    request->key_usage = "digitalSignature,keyEncipherment";
    request->extended_usage = "serverAuth,clientAuth";
    if (json.data == NULL)
        return true;
    if (!json_parse(mem, json, &doc, e))
        return false;
    signing = json_get(doc, "signing");
    if (signing == NULL)
        return error_set(e, ERROR_FORMAT, "it is no policy: there is no 'signing'");
    if (!profile_find(signing, profile, &found, e))
        return false;
    return found == NULL || profile_decode(mem, signing, found, request, e) ||
           error_wrap(e, "profile '%s'", profile[0] != '\0' ? profile : "default");
}

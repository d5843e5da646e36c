#include "ops/tls_switch_json.h"

#include <string.h>

#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "node/kubeadm_map.h"

static const char *const change_words[] = {
    [TLS_CLIENTS_OVERLAP] = "overlap",
    [TLS_CLIENTS_KEEP] = "keep",
    [TLS_CLIENTS_FLIP] = "flip",
};

/* --- encode --- */

static void
list_encode(struct json_writer *w, const char *key, const struct inventory_urls *list)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < list->count; i++)
        json_text(w, list->items[i]);
    json_array_end(w);
}

static void
job_encode(struct json_writer *w, const struct tls_job *job)
{
    const struct tls_addresses *a = &job->addresses;

    json_object_begin(w);
    json_key_text(w, "name", job->name);
    json_key_id(w, "id", job->id);
    list_encode(w, "listenPeers", &a->listen_peers);
    list_encode(w, "peers", &a->peers);
    json_key_text(w, "clientPorts", change_words[a->change]);
    json_key_text(w, "peerPort", a->peer_port);
    if (a->spare_port != NULL)
        json_key_text(w, "sparePort", a->spare_port);
    if (a->relist != NULL)
        json_key_text(w, "relist", a->relist);
    if (a->returns)
        json_key_bool(w, "returns", true);
    list_encode(w, "listenClients", &a->listen_clients);
    list_encode(w, "clients", &a->clients);
    tls_set_encode(w, "places", &job->places);
    json_key_bool(w, "caIsNew", job->ca_is_new);
    json_key_bool(w, "hasApiServer", job->has_api_server);
    inventory_tls_encode(w, "api", &job->api);
    json_key_bool(w, "apiCaIsNew", job->api_ca_is_new);
    json_object_end(w);
}

static void
kubeadm_encode(struct json_writer *w, const struct tls_kubeadm *k)
{
    if (!k->known)
        return;
    json_key(w, "kubeadm");
    json_object_begin(w);
    if (k->member != NULL) {
        json_key_text(w, "member", k->member);
        json_key_text(w, "before", k->before);
        json_key_text(w, "after", k->after);
    }
    if (k->why_not != NULL)
        json_key_text(w, "whyNot", k->why_not);
    json_key_bool(w, "ownUrls", k->own_urls);
    json_object_end(w);
}

void
tls_switch_encode(const struct inventory *inventory, const struct tls_switch *s,
                  struct buf *ret_inputs)
{
    struct json_writer w;

    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, inventory);
    tls_stage_encode(&w, &s->stage, s->stamp);
    inventory_tls_encode(&w, "own", &s->own);
    json_key_bool(&w, "ownCaIsNew", s->own_ca_is_new);
    json_key_text(&w, "to", tls_scheme_word(s->to));
    json_key_bool(&w, "clientAuth", s->client_auth);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < s->job_count; i++)
        job_encode(&w, &s->jobs[i]);
    json_array_end(&w);
    kubeadm_encode(&w, &s->kubeadm);
    json_object_end(&w);
}

/* --- decode --- */

static bool
list_decode(struct arena *mem, const struct json *object, const char *key,
            struct inventory_urls *ret_list, struct error *e)
{
    const struct json *array;

    if (!json_get_array(object, key, &array, e))
        return false;
    ret_list->count = json_array_count(array);
    ret_list->items = arena_zero(mem, (ret_list->count + 1) * sizeof(*ret_list->items));
    for (size_t i = 0; i < ret_list->count; i++) {
        if (!json_as_text(mem, json_array_at(array, i), &ret_list->items[i], e))
            return error_wrap(e, "'%s'", key);
    }
    return ret_list->count > 0 || error_set(e, ERROR_FORMAT, "'%s' is empty", key);
}

static bool
change_decode(struct arena *mem, const struct json *object, enum tls_clients *ret_change,
              struct error *e)
{
    const char *word;

    if (!json_get_text(mem, object, "clientPorts", &word, e))
        return false;
    for (enum tls_clients change = TLS_CLIENTS_OVERLAP; change <= TLS_CLIENTS_FLIP; change++) {
        if (strcmp(word, change_words[change]) == 0) {
            *ret_change = change;
            return true;
        }
    }
    return error_set(e, ERROR_FORMAT, "'clientPorts' is '%s'", word);
}

static bool
job_decode(struct arena *mem, const struct json *object, struct tls_job *job, struct error *e)
{
    struct tls_addresses *a = &job->addresses;

    return json_get_text(mem, object, "name", &job->name, e) &&
           json_get_id(object, "id", &job->id, e) &&
           list_decode(mem, object, "listenPeers", &a->listen_peers, e) &&
           list_decode(mem, object, "peers", &a->peers, e) &&
           change_decode(mem, object, &a->change, e) &&
           json_get_text(mem, object, "peerPort", &a->peer_port, e) &&
           (json_get(object, "sparePort") == NULL ||
            json_get_text(mem, object, "sparePort", &a->spare_port, e)) &&
           (json_get(object, "relist") == NULL ||
            json_get_text(mem, object, "relist", &a->relist, e)) &&
           (json_get(object, "returns") == NULL ||
            json_get_bool(object, "returns", &a->returns, e)) &&
           list_decode(mem, object, "listenClients", &a->listen_clients, e) &&
           list_decode(mem, object, "clients", &a->clients, e) &&
           tls_set_decode(mem, object, "places", &job->places, e) &&
           json_get_bool(object, "caIsNew", &job->ca_is_new, e) &&
           json_get_bool(object, "hasApiServer", &job->has_api_server, e) &&
           inventory_tls_decode(mem, object, "api", &job->api, e) &&
           json_get_bool(object, "apiCaIsNew", &job->api_ca_is_new, e);
}

void
tls_job_init(struct tls_job *job, struct tls_switch *s)
{
    job->of = s;
    for (enum tls_phase phase = TLS_PHASE_OLD; phase <= TLS_PHASE_END; phase++)
        job->turns[phase] = (struct tls_turn){job, phase};
}

static bool
jobs_decode(struct arena *mem, const struct json *inputs, struct tls_switch *s, struct error *e)
{
    const struct json *array;

    if (!json_get_array(inputs, "members", &array, e))
        return false;
    s->job_count = json_array_count(array);
    s->jobs = arena_zero(mem, (s->job_count + 1) * sizeof(*s->jobs));
    for (size_t i = 0; i < s->job_count; i++) {
        struct tls_job *job = &s->jobs[i];

        tls_job_init(job, s);
        if (!job_decode(mem, json_array_at(array, i), job, e))
            return error_wrap(e, "member %zu", i + 1);
    }
    return s->job_count > 0 || error_set(e, ERROR_FORMAT, "there are no members");
}

static bool
kubeadm_decode(struct arena *mem, const struct json *inputs, struct tls_kubeadm *k, struct error *e)
{
    const struct json *object = json_get(inputs, "kubeadm");

    k->kubeconfig = KUBEADM_ADMIN_CONF;
    k->known = object != NULL;
    return !k->known ||
           ((json_get(object, "member") == NULL ||
             (json_get_text(mem, object, "member", &k->member, e) &&
              json_get_text(mem, object, "before", &k->before, e) &&
              json_get_text(mem, object, "after", &k->after, e))) &&
            (json_get(object, "whyNot") == NULL ||
             json_get_text(mem, object, "whyNot", &k->why_not, e)) &&
            json_get_bool(object, "ownUrls", &k->own_urls, e)) ||
           error_wrap(e, "'kubeadm'");
}

bool
tls_switch_decode(struct arena *mem, const struct json *inputs, struct tls_switch *s,
                  struct error *e)
{
    const char *to;

    if (!inventory_tls_decode(mem, inputs, "own", &s->own, e) ||
        !json_get_bool(inputs, "ownCaIsNew", &s->own_ca_is_new, e) ||
        !json_get_text(mem, inputs, "to", &to, e) ||
        !json_get_bool(inputs, "clientAuth", &s->client_auth, e))
        return false;
    s->to = strcmp(to, tls_scheme_word(TLS_SECURE)) == 0 ? TLS_SECURE : TLS_PLAIN;
    return jobs_decode(mem, inputs, s, e) && kubeadm_decode(mem, inputs, &s->kubeadm, e);
}

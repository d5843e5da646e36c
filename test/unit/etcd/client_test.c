/* Opening a client: what is refused before anything is connected, and how endpoints are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "etcd/call.h"
#include "etcd/kv.h"

static const char *const one_endpoint[] = {"127.0.0.1:2379"};

static struct etcd_options
options_with_endpoint(void)
{
    struct etcd_options o = ETCD_OPTIONS_INIT;

    o.endpoints = one_endpoint;
    o.endpoint_count = 1;
    return o;
}

static void
open_fails(const struct etcd_options *o, const char *text)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct error e = ERROR_INIT;

    assert_false(etcd_client_open(o, &client, &e));
    assert_int_equal(e.code, ERROR_USAGE);
    assert_string_equal(e.text, text);
    assert_null(client);
}

static void
options_are_checked(void **state UNUSED)
{
    struct etcd_options o = options_with_endpoint();

    o.endpoint_count = 0;
    open_fails(&o, "no endpoint was given");
    o = options_with_endpoint();
    o.cert_file = "client.crt";
    open_fails(&o, "client certificate 'client.crt' needs its key too (--key)");
    o = options_with_endpoint();
    o.key_file = "client.key";
    open_fails(&o, "key 'client.key' needs its client certificate too (--cert)");
    o = options_with_endpoint();
    o.user = "root";
    open_fails(&o, "user 'root' needs a password");
}

static void
opened_without_scheme(struct etcd_options o, const char *url)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct error e = ERROR_INIT;

    if (!etcd_client_open(&o, &client, &e))
        fail_msg("%s", e.text);
    assert_int_equal(etcd_client_endpoint_count(client), 1);
    assert_string_equal(etcd_client_endpoint(client, 0), "127.0.0.1:2379");
    assert_string_equal(grpc_channel_endpoint(client->endpoints[0].channel), url);
}

static void
scheme_follows_the_tls_options(void **state UNUSED)
{
    struct etcd_options o = options_with_endpoint();

    opened_without_scheme(o, "http://127.0.0.1:2379");
    o.insecure_transport = false;
    opened_without_scheme(o, "https://127.0.0.1:2379");
}

static void
missing_ca_is_told_at_once(void **state UNUSED)
{
    struct etcd_options o = options_with_endpoint();
    AUTO_ETCD_CLIENT client = NULL;
    struct error e = ERROR_INIT;

    o.ca_file = "/nonexistent/ca.crt";
    assert_false(etcd_client_open(&o, &client, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(e.text, "/nonexistent/ca.crt"));
}

static void
close_takes_null(void **state UNUSED)
{
    struct etcd_client *client = NULL;

    etcd_client_close(&client);
}

static void
end_is(struct bytes prefix, struct bytes want)
{
    AUTO_ARENA mem = ARENA_INIT;

    assert_true(bytes_equal(etcd_prefix_end(&mem, prefix), want));
}

static void
prefix_ends(void **state UNUSED)
{
    end_is(BYTES_LITERAL("abc"), BYTES_LITERAL("abd"));
    end_is(BYTES_LITERAL("a\xff\xff"), BYTES_LITERAL("b"));
    end_is(BYTES_LITERAL("\xff"), BYTES_LITERAL("\0"));
    end_is(BYTES_NONE, BYTES_LITERAL("\0"));
    end_is(BYTES_LITERAL("a\0"), BYTES_LITERAL("a\1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(scheme_follows_the_tls_options),
        cmocka_unit_test(missing_ca_is_told_at_once),
        cmocka_unit_test(close_takes_null),
        cmocka_unit_test(prefix_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

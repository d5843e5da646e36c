/* Certificates and keys from files, and calls over TLS that succeed. */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include <cmocka.h>

#include "base/io.h"
#include "certs.h"
#include "fake_server.h"
#include "net/grpc.h"

struct scene {
    struct arena mem;
    char dir[64];
    struct test_ca ca;
    struct test_pair client;
    const char *text_file; /* no PEM in it */
    struct error e;
};

static int
scene_open(void **state)
{
    static struct scene scene;
    struct scene *s = &scene;

    *s = (struct scene){.dir = "/tmp/quorate-net-XXXXXX"};
    assert_non_null(mkdtemp(s->dir));
    test_ca_make(&s->mem, s->dir, "ca", &s->ca);
    s->client = test_pair_make(&s->mem, &s->ca, s->dir, "client", "", -60, 3600);
    s->text_file = arena_printf(&s->mem, "%s/notes.txt", s->dir);
    assert_true(file_replace(s->text_file, BYTES_LITERAL("buy milk\n"), 0600, &s->e));
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;
    struct error e = ERROR_INIT;

    assert_true(tree_remove(s->dir, &e));
    test_ca_release(&s->ca);
    arena_release(&s->mem);
    return 0;
}

static void
assert_refused(struct scene *s, const struct tls_options *o, enum error_code code, const char *text)
{
    struct tls_context *context = tls_context_new(&s->mem, o);

    assert_false(tls_context_load(context, &s->e));
    assert_string_equal(s->e.text, text);
    assert_int_equal(s->e.code, code);
    /* And again: a failed load leaves nothing half done. */
    assert_false(tls_context_load(context, &s->e));
}

static void
test_good_files_load_once(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {.ca_file = s->ca.file,
                            .cert_file = s->client.cert_file,
                            .key_file = s->client.key_file,
                            .server_name = ""};
    struct tls_context *context = tls_context_new(&s->mem, &o);

    assert_true(tls_context_load(context, &s->e));
    assert_true(unlink(s->ca.file) == 0);
    assert_true(tls_context_load(context, &s->e));
    assert_null(tls_context_options(context)->server_name);
}

static void
test_ca_files_that_do_not_load(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {.ca_file = "/nowhere/ca.crt"};
    const char *cut_file = arena_printf(&s->mem, "%s/cut.crt", s->dir);
    struct bytes pem;

    assert_refused(s, &o, ERROR_NOT_FOUND, "CA file: '/nowhere/ca.crt': No such file or directory");
    o.ca_file = s->text_file;
    assert_refused(s, &o, ERROR_TLS,
                   arena_printf(&s->mem, "CA file '%s': no PEM certificate in it", s->text_file));
    assert_true(file_read_all(&s->mem, s->ca.file, 1 << 16, &pem, &s->e));
    assert_true(file_replace(cut_file, bytes_of(pem.data, pem.size / 2), 0600, &s->e));
    o.ca_file = cut_file;
    assert_refused(s, &o, ERROR_TLS, arena_printf(&s->mem, "CA file '%s': bad end line", cut_file));
}

static void
test_certificate_files_that_do_not_load(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {.cert_file = "/nowhere/c.crt", .key_file = s->client.key_file};

    assert_refused(s, &o, ERROR_NOT_FOUND,
                   "certificate file: '/nowhere/c.crt': No such file or directory");
    o.cert_file = s->text_file;
    assert_refused(s, &o, ERROR_TLS,
                   arena_printf(&s->mem,
                                "certificate file '%s': no usable PEM certificate in it: no start "
                                "line",
                                s->text_file));
}

static void
test_key_files_that_do_not_load(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {.cert_file = s->client.cert_file, .key_file = "/nowhere/c.key"};
    struct test_pair other = test_pair_make(&s->mem, &s->ca, s->dir, "other", "", -60, 3600);

    assert_refused(s, &o, ERROR_NOT_FOUND, "key file: '/nowhere/c.key': No such file or directory");
    o.key_file = s->text_file;
    assert_refused(s, &o, ERROR_TLS,
                   arena_printf(&s->mem, "key file '%s': no PEM private key in it", s->text_file));
    o.key_file = other.key_file;
    assert_refused(s, &o, ERROR_TLS,
                   arena_printf(&s->mem,
                                "key file '%s' does not belong to certificate '%s': key values "
                                "mismatch",
                                other.key_file, s->client.cert_file));
}

static void
test_an_encrypted_key_is_named_and_never_asked_for(void **state)
{
    struct scene *s = *state;
    const char *path = arena_printf(&s->mem, "%s/secret.key", s->dir);
    struct tls_options o = {.cert_file = s->client.cert_file, .key_file = path};
    FILE *file = fopen(path, "w");
    unsigned char password[] = "pw";

    assert_int_equal(PEM_write_PKCS8PrivateKey(file, s->ca.key, EVP_aes_128_cbc(), (char *)password,
                                               2, NULL, NULL),
                     1);
    fclose(file);
    assert_refused(s, &o, ERROR_TLS,
                   arena_printf(&s->mem, "key file '%s': the key is encrypted", path));
    assert_non_null(strstr(error_hint_text(&s->e), "openssl pkey -in"));
}

static void
test_certificate_and_key_go_together(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {.cert_file = "c.crt"};

    assert_refused(s, &o, ERROR_USAGE, "the client certificate 'c.crt' needs its key too");
    o = (struct tls_options){.key_file = "c.key"};
    assert_refused(s, &o, ERROR_USAGE, "the client key 'c.key' needs its certificate too");
    assert_string_equal(error_hint_text(&s->e), "give both --cert and --key");
}

static void
echo(struct fake_stream *stream)
{
    fake_answer_begin(stream);
    fake_answer_raw(stream, buf_bytes(&stream->request));
    fake_answer_end(stream, "0", "");
}

/* 'size' bytes there and back over TLS, on two channels that share a context. */
static void
echo_over_tls(struct scene *s, const char *sans, const struct tls_options *o, size_t size,
              const struct test_ca *clients)
{
    struct arena mem = ARENA_INIT;
    struct loop loop;
    struct fake_server server;
    struct test_pair pair = test_pair_make(&s->mem, &s->ca, s->dir, "server", sans, -60, 3600);
    struct grpc_channel_options channel_options = {.endpoint = server.url,
                                                   .tls = tls_context_new(&mem, o)};
    struct grpc_call_options call = {.method = "/test.Service/Echo", .deadline_ms = 20000};
    struct grpc_channel *channels[2];
    struct grpc_unary u;
    uint8_t *data = arena_zero(&mem, size);

    loop_init(&loop);
    fake_server_start(&server, &loop, FAKE_HTTP2, test_server_tls(pair, "h2", clients));
    server.request = echo;
    for (int i = 0; i < 2; i++) {
        assert_true(grpc_channel_new(&mem, &loop, &channel_options, &channels[i], &s->e));
        grpc_unary_start(&mem, channels[i], &call, bytes_of(data, size), &u);
        if (!grpc_unary_finish(&u, &s->e))
            fail_msg("%s", s->e.text);
        assert_int_equal(u.response.size, size);
    }
    arena_release(&mem);
    fake_server_stop(&server);
    loop_release(&loop);
}

static void
test_calls_over_tls(void **state)
{
    struct scene *s = *state;
    struct tls_options o = {
        .ca_file = s->ca.file, .cert_file = s->client.cert_file, .key_file = s->client.key_file};

    echo_over_tls(s, "IP:127.0.0.1", &o, 3 << 20, &s->ca);
    o.server_name = "one.db.example";
    echo_over_tls(s, "DNS:*.db.example", &o, 10, &s->ca);
    o = (struct tls_options){.insecure_skip_verify = true};
    echo_over_tls(s, "DNS:elsewhere", &o, 10, NULL);
}

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_good_files_load_once),
        SCENE_TEST(test_ca_files_that_do_not_load),
        SCENE_TEST(test_certificate_files_that_do_not_load),
        SCENE_TEST(test_key_files_that_do_not_load),
        SCENE_TEST(test_an_encrypted_key_is_named_and_never_asked_for),
        SCENE_TEST(test_certificate_and_key_go_together),
        SCENE_TEST(test_calls_over_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

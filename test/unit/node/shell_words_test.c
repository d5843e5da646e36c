/* Arguments through real shells: each is run with random bytes, and with those that shells love. */
#include "node/host/shell_words.h"

#include <string.h>

#include <unistd.h>

#include "base/hash.h"
#include "base/spawn.h"
#include "expect.h"

enum { WORDS_MOST = 12, WORD_MOST = 40, ROUNDS = 15 };

static const char *const hostile[] = {
    "",
    " ",
    "'",
    "''\\''",
    "\"$(touch /tmp/quorate-quoting)\"",
    "`id`",
    "$HOME",
    "!!",
    "!x'!y",
    "~root",
    "*",
    "-n",
    "--",
    "A=b",
    "\\",
    "\\0101\\n",
    "\n",
    "\n\n",
    "a\nb\n",
    "%s%b",
    "\x01\x7f\x80\x81\x88\xff",
    "\xc3\xa4\xe2\x82\xac",
    ";&|<>(){}[]#?^",
    "\t\r\v",
    NULL,
};

static void
test_words(void **state)
{
    AUTO_BUF line = BUF_INIT;
    const char *const argv[] = {"cat", "--", "/a b", "it's", "", "x=1", "/plain/path-1.db", NULL};

    (void)state;
    shell_words(&line, argv);
    assert_string_equal(buf_text(&line), "cat -- '/a b' 'it'\\''s' '' 'x=1' /plain/path-1.db");
}

static void
test_login_line(void **state)
{
    AUTO_BUF line = BUF_INIT;

    (void)state;
    shell_login_line(&line, BYTES_LITERAL("echo 'a'"));
    assert_string_equal(buf_text(&line),
                        "exec env LC_ALL=C /bin/sh -c 'eval \"$(printf %b \"$1\")\"' quorate "
                        "'echo\\0040\\0047a\\0047'");
}

/* What a program gets for argv when 'shell' -c runs the line: NULs between and behind. */
static void
expect_survival(const char *shell, bool as_login, const char *const *words)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF line = BUF_INIT;
    AUTO_BUF login = BUF_INIT;
    AUTO_BUF wanted = BUF_INIT;
    ARRAY(const char *) argv = ARRAY_INIT;
    struct spawn_result result;
    struct error e = ERROR_INIT;

    /* xargs and printf would have their own ideas; what the program was given is in /proc. */
    *ARRAY_PUSH(&tmp, &argv) = "cat";
    *ARRAY_PUSH(&tmp, &argv) = "/proc/self/cmdline";
    *ARRAY_PUSH(&tmp, &argv) = "--";
    for (size_t i = 0; words[i] != NULL; i++)
        *ARRAY_PUSH(&tmp, &argv) = words[i];
    for (size_t i = 0; i < argv.count; i++)
        buf_append(&wanted, argv.items[i], strlen(argv.items[i]) + 1);
    *ARRAY_PUSH(&tmp, &argv) = NULL;
    shell_words(&line, argv.items);
    shell_login_line(&login, buf_bytes(&line));
    /* cat fails at the words, which name no files, after it has shown its first. */
    EXPECT_OK(spawn_run(
        &tmp,
        &(struct spawn_request){
            .argv = (const char *const[]){shell, "-c", buf_text(as_login ? &login : &line), NULL},
            .input = BYTES_NONE,
            .timeout_ms = 30000,
            .output_max = 1 << 20},
        &result, &e));
    if (result.out.size < wanted.size || memcmp(result.out.data, wanted.data, wanted.size) != 0)
        fail_msg("%s: %s\ngot: %.*s\nerr: %s", shell, buf_text(as_login ? &login : &line),
                 (int)result.out.size, (const char *)result.out.data,
                 (const char *)result.err.data);
}

static const char *
random_word(struct arena *mem)
{
    uint8_t raw[WORD_MOST + 1];
    char *word = arena_zero(mem, WORD_MOST + 1);

    random_bytes(raw, sizeof(raw));
    for (size_t i = 0; i < raw[WORD_MOST] % WORD_MOST; i++)
        word[i] = (char)(raw[i] != 0 ? raw[i] : '\'');
    return word;
}

static void
try_shell(const char *shell, bool as_login)
{
    char path[64];

    snprintf(path, sizeof(path), "/bin/%s", shell);
    if (access(path, X_OK) != 0) {
        printf("not tried, for there is none: %s\n", path);
        return;
    }
    expect_survival(path, as_login, hostile);
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const char *words[WORDS_MOST + 1] = {NULL};

        for (size_t i = 0; i < WORDS_MOST; i++)
            words[i] = random_word(&tmp);
        expect_survival(path, as_login, words);
    }
    assert_int_not_equal(access("/tmp/quorate-quoting", F_OK), 0);
}

static void
test_posix_shells(void **state)
{
    static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh"};

    (void)state;
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        try_shell(shells[i], false);
}

static void
test_any_login_shell(void **state)
{
    static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh", "fish"};

    (void)state;
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        try_shell(shells[i], true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_login_line),
        cmocka_unit_test(test_posix_shells),
        cmocka_unit_test(test_any_login_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What OpenSSH says, word for word, and what is made of it. */
#include "node/host/ssh_failure.h"

#include <string.h>

#include "expect.h"

static const struct {
    const char *said;
    enum error_code code;
    const char *cause;
    const char *text;
    const char *hint;
} cases[] = {
    {"ssh: Could not resolve hostname db1: Name or service not known\r\n", ERROR_CONNECTION,
     "name-not-found", "db1: ssh: Could not resolve hostname db1: Name or service not known",
     "check the name, or name its address in ssh's configuration (Host, HostName)"},
    {"ssh: connect to host 10.0.0.4 port 22: Connection refused\r\n", ERROR_CONNECTION, "refused",
     "db1: ssh: connect to host 10.0.0.4 port 22: Connection refused",
     "does sshd run there, and on this port? ('systemctl status ssh', 'ss -ltn')"},
    {"ssh: connect to host 10.0.0.4 port 22: No route to host\r\n", ERROR_CONNECTION, "unreachable",
     "db1: ssh: connect to host 10.0.0.4 port 22: No route to host",
     "is the host up, and may port and address be reached from here?"},
    {"ssh: connect to host 10.0.0.4 port 22: Connection timed out\r\n", ERROR_CONNECTION,
     "unreachable", "db1: ssh: connect to host 10.0.0.4 port 22: Connection timed out",
     "is the host up, and may port and address be reached from here?"},
    {"Connection timed out during banner exchange\r\nConnection to 10.0.0.4 port 22 timed out\r\n",
     ERROR_CONNECTION, "unreachable", "db1: Connection timed out during banner exchange",
     "is the host up, and may port and address be reached from here?"},
    {"kex_exchange_identification: Connection closed by remote host\r\n", ERROR_CONNECTION,
     "connection-lost", "db1: kex_exchange_identification: Connection closed by remote host",
     "is the host up, and does its sshd take more connections (MaxStartups, a ban by fail2ban)? "
     "see "
     "'journalctl -u ssh' there; what was begun there may be done or not: look again"},
    {"Timeout, server 10.0.0.4 not responding.\r\n", ERROR_CONNECTION, "connection-lost",
     "db1: Timeout, server 10.0.0.4 not responding.",
     "is the host up, and may port and address be reached from here?"},
    {"No ED25519 host key is known for [db1]:2222 and you have requested strict checking.\r\n"
     "Host key verification failed.\r\n",
     ERROR_AUTH, "host-key-unknown", "db1: its host key is not known here",
     "run 'ssh -p 2222 op@db1' once and compare the fingerprint with what 'ssh-keygen -lf "
     "/etc/ssh/ssh_host_ed25519_key.pub' shows on the host"},
    {"@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@@@@\r\n"
     "Offending ED25519 key in /home/op/.ssh/known_hosts:3\r\n  remove with:\r\n"
     "Host key for [db1]:2222 has changed and you have requested strict checking.\r\n"
     "Host key verification failed.\r\n",
     ERROR_AUTH, "host-key-changed",
     "db1: its host key is not the one that /home/op/.ssh/known_hosts:3 has",
     "was the host set up anew? Then 'ssh-keygen -f \"/home/op/.ssh/known_hosts\" -R "
     "\"[db1]:2222\"', and 'ssh -p 2222 op@db1' once, comparing the new key; if not, somebody may "
     "stand between"},
    {"op@db1: Permission denied (publickey,password).\r\n", ERROR_AUTH, "permission-denied",
     "db1: user 'op' may not log in: Permission denied (publickey,password)",
     "ssh has no key to offer: load one (ssh-add), or name it in ssh's configuration "
     "(IdentityFile); "
     "nothing is asked for here"},
    {"Received disconnect from 10.0.0.4 port 22:2: Too many authentication failures\r\n"
     "Disconnected from 10.0.0.4 port 22\r\n",
     ERROR_AUTH, "permission-denied", "db1: user 'op' may not log in: too many keys were offered",
     "ssh has no key to offer: load one (ssh-add), or name it in ssh's configuration "
     "(IdentityFile); "
     "nothing is asked for here"},
    {"Unable to negotiate with 10.0.0.4 port 22: no matching host key type found. Their offer: "
     "ssh-rsa\r\n",
     ERROR_AUTH, "no-common-algorithm",
     "db1: Unable to negotiate with 10.0.0.4 port 22: no matching host key type found. Their "
     "offer: "
     "ssh-rsa",
     "one side is much older than the other; see ssh_config(5), KexAlgorithms and "
     "HostKeyAlgorithms"},
    {"/home/op/.ssh/config: line 3: Bad configuration option: frobnicate\r\n"
     "/home/op/.ssh/config: terminating, 1 bad configuration options\r\n",
     ERROR_USAGE, "ssh-configuration",
     "db1: /home/op/.ssh/config: line 3: Bad configuration option: frobnicate",
     "see 'quorate help'"},
    {"something new\n", ERROR_CONNECTION, "connection-lost", "db1: ssh failed: something new",
     "try by hand, ssh tells more then: ssh -v -p 2222 op@db1 true"},
    {"", ERROR_CONNECTION, "connection-lost", "db1: ssh failed",
     "try by hand, ssh tells more then: ssh -v -p 2222 op@db1 true"},
};

static void
test_words_of_ssh(void **state)
{
    const struct ssh_target target = {.name = "db1", .user = "op", .port = "2222"};
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EXPECT_ERROR(ssh_failure(&target, cases[i].said, &e), cases[i].code, cases[i].text);
        assert_string_equal(e.cause, cases[i].cause);
        assert_string_equal(error_hint_text(&e), cases[i].hint);
    }
}

/* Without a user in the URL it is ssh that knows who we were. */
static void
test_user_and_keys(void **state)
{
    const struct ssh_target target = {.name = "db1", .offered = "/k ED25519 SHA256:x"};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(ssh_failure(&target, "me@10.0.0.4: Permission denied (publickey).\r\n", &e),
                 ERROR_AUTH, "db1: user 'me' may not log in: Permission denied (publickey)");
    assert_string_equal(e.hint, "offered: /k ED25519 SHA256:x; one of them must be in "
                                "~me/.ssh/authorized_keys there");
    EXPECT_ERROR(ssh_failure(&target, "Host key verification failed.\n", &e), ERROR_AUTH,
                 "db1: its host key is not known here");
    assert_non_null(strstr(e.hint, "'ssh db1'"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_ssh),
        cmocka_unit_test(test_user_and_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

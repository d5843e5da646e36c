/* Probes that a host makes: this one, towards itself. */
#include "node/host/host_reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

static struct error e;

/* A port of loopback: bound, and listening or not. */
static int
port_make(bool listens, char *ret_port, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(!listens || listen(fd, 5) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(ret_port, size, "%u", ntohs(address.sin_port));
    return fd;
}

static void
test_open_refused_and_unknown(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char open_port[8];
    char shut_port[8];
    int open_fd = port_make(true, open_port, sizeof(open_port));
    int shut_fd = port_make(false, shut_port, sizeof(shut_port));
    struct host_reach targets[] = {
        {.name = "127.0.0.1", .port = open_port},
        {.name = "127.0.0.1", .port = shut_port},
        {.name = "it's; no name", .port = "1"},
        {.name = "localhost", .port = open_port},
    };
    struct host *host;

    (void)state;
    EXPECT_OK(host_open(&tmp, "local:", NULL, &host, &e));
    EXPECT_OK(host_reach_probe(&tmp, host, targets, 4, &e));
    assert_int_equal(targets[0].reached, REACHED_OPEN);
    assert_string_equal(targets[0].addresses, "127.0.0.1 ");
    assert_int_equal(targets[1].reached, REACHED_REFUSED);
    assert_non_null(strstr(targets[1].said, "refused"));
    assert_int_equal(targets[2].reached, REACHED_UNRESOLVED);
    assert_string_equal(targets[2].addresses, "");
    assert_int_equal(targets[3].reached, REACHED_OPEN);
    EXPECT_OK(host_reach_probe(&tmp, host, targets, 0, &e));
    close(open_fd);
    close(shut_fd);
}

static void
test_addresses_are_words(void **state)
{
    (void)state;
    assert_true(address_list_has("10.0.0.1 fd00::1 \n", "fd00::1"));
    assert_true(address_list_has("10.0.0.1", "10.0.0.1"));
    assert_false(address_list_has("10.0.0.11 210.0.0.1", "10.0.0.1"));
    assert_false(address_list_has("", "10.0.0.1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_refused_and_unknown),
        cmocka_unit_test(test_addresses_are_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What etcdctl's words of the v2 API share: their flags, the client, exit codes, and the v3 command
 * that does the same, for servers that have no v2 API.
 *
 * Source: etcdctl/ctlv2/ctl.go and command/util.go, error.go (3.4).
 */
#ifndef QUORATE_CLI_V2_H
#define QUORATE_CLI_V2_H

#include "cli/app.h"
#include "etcd2/client.h"
#include "etcd2/node.h"

/* The exit codes of etcdctl's v2 words. */
enum {
    V2_EXIT_FAILED = 1, /* whatever members and authorization say; in 3.4 also V2_EXIT_ARGUMENTS */
    V2_EXIT_CONNECTION = 2,
    V2_EXIT_NO_COMMAND = 3,
    V2_EXIT_SERVER = 4,
    V2_EXIT_UNHEALTHY = 5,
    V2_EXIT_ARGUMENTS = 128, /* of words about keys */
};

/* Part of each entry's own table: these names win over the global ones. */
#define V2_OPTIONS                                                                                 \
    {"endpoints", OPTION_TEXT, .arg = "URL[,...]", .environment = "ETCDCTL_ENDPOINTS",             \
     .help = "Where etcd answers clients [default: http://127.0.0.1:2379,http://127.0.0.1:4001]"}, \
        {"endpoint",         OPTION_TEXT,                                                          \
         .arg = "URL[,...]", .environment = "ETCDCTL_ENDPOINT",                                    \
         .hidden = true,     .help = "The older name of --endpoints"},                             \
        {"peers",                                                                                  \
         OPTION_TEXT,                                                                              \
         'C',                                                                                      \
         .arg = "URL[,...]",                                                                       \
         .environment = "ETCDCTL_PEERS",                                                           \
         .hidden = true,                                                                           \
         .help = "The oldest name of --endpoints"},                                                \
        {"cert-file", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_CERT_FILE",              \
         .help = "Client certificate (PEM)"},                                                      \
        {"key-file", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_KEY_FILE",                \
         .help = "Private key of the client certificate (PEM)"},                                   \
        {"ca-file", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_CA_FILE",                  \
         .help = "Verify the servers' certificates with the authorities in this PEM file"},        \
        {"username",                                                                               \
         OPTION_SECRET,                                                                            \
         'u',                                                                                      \
         .arg = "NAME[:PASSWORD]",                                                                 \
         .environment = "ETCDCTL_USERNAME",                                                        \
         .help = "Authenticate as this user; the password is asked for when it is not given"},     \
        {"output",                                                                                 \
         OPTION_CHOICE,                                                                            \
         'o',                                                                                      \
         .arg = "FORMAT",                                                                          \
         .fallback = "simple",                                                                     \
         .choices = "simple|extended|json",                                                        \
         .help = "Form of the results"},                                                           \
        {"discovery-srv",                                                                          \
         OPTION_TEXT,                                                                              \
         'D',                                                                                      \
         .arg = "DOMAIN",                                                                          \
         .environment = "ETCDCTL_DISCOVERY_SRV",                                                   \
         .help = "Endpoints are those of this domain's SRV records"},                              \
        {"insecure-discovery", OPTION_BOOL, .environment = "ETCDCTL_INSECURE_DISCOVERY",           \
         .help = "Also records of endpoints without TLS"},                                         \
        {"debug", OPTION_BOOL, .help = "Show each request as a curl command on stderr"},           \
        {"no-sync", OPTION_BOOL, .help = "Ask no member for the other members' addresses first"},  \
        {"timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "2s",                          \
         .help = "Time for one request to one endpoint, connecting included"},                     \
    {                                                                                              \
        "total-timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "5s",                     \
                                          .help = "Time for a request over all endpoints"          \
    }

/* How a v2 word, or what was meant for one, ends when it fails before it has a client. */
int v2_exit_code(const struct app *app, enum error_code code);

enum v2_output { V2_SIMPLE, V2_EXTENDED, V2_JSON };
enum v2_output v2_output(const struct app *app);

/*
 * The client of the options, which lives as long as app->mem, after a look at the members unless
 * --no-sync. From here on a failure of the command ends with 'exit_code'.
 *
 * e  as etcd2_client_open and etcd2_client_sync; with V2_EXIT_CONNECTION when nobody could be
 *    connected to. See v2_explain.
 */
MUST_CHECK bool v2_client(struct app *app, int exit_code, struct etcd2_client **ret_client,
                          struct error *e);
/* The same without looking at the members. */
MUST_CHECK bool v2_client_no_sync(struct app *app, int exit_code, struct etcd2_client **ret_client,
                                  struct error *e);

/* Where there is no v2 API, the hint becomes the v3 command for what was typed. Returns false. */
bool v2_explain(const struct app *app, struct error *e);

/* The value of a key: the operand at 'index', else standard input (cli/input.h). */
MUST_CHECK bool v2_value(struct app *app, size_t index, struct bytes *ret_value, struct error *e);

/* Has Ctrl-C end the program well, as it ends a watch: at once, with 0. */
void v2_end_on_interrupt(void);

#endif

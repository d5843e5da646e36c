/*
 * The options of every command. Names, defaults and variables are etcdctl's (etcdctl/ctlv3/ctl.go,
 * read in 3.5 and 3.7), so that a script keeps its flags and its environment.
 */

#include "cli/command.h"

const struct option_def global_options[] = {
    {"endpoints", OPTION_URLS, .arg = "HOST:PORT[,...]", .fallback = "127.0.0.1:2379",
     .environment = "ETCDCTL_ENDPOINTS", .help = "Where etcd answers clients"},
    {"cluster", OPTION_TEXT, .arg = "NAME", .environment = "QUORATE_CLUSTER",
     .help = "Take endpoints and TLS files from the inventory of NAME, such as lab:demo"},
    {"cacert", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_CACERT",
     .help = "Verify the servers' certificates with the authorities in this PEM file"},
    {"cert", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_CERT",
     .help = "Client certificate (PEM)"},
    {"key", OPTION_FILE, .arg = "FILE", .environment = "ETCDCTL_KEY",
     .help = "Private key of the client certificate (PEM)"},
    {"insecure-transport", OPTION_BOOL, .fallback = "true",
     .environment = "ETCDCTL_INSECURE_TRANSPORT",
     .help = "Talk without TLS to endpoints without a scheme when no TLS file is given"},
    {"insecure-skip-tls-verify", OPTION_BOOL, .environment = "ETCDCTL_INSECURE_SKIP_TLS_VERIFY",
     .help = "Accept any server certificate; for tests only"},
    {"tls-server-name", OPTION_TEXT, .arg = "NAME",
     .help = "Name to expect in the servers' certificates [default: the endpoint's host]"},
    {"user", OPTION_SECRET, .arg = "NAME[:PASSWORD]", .environment = "ETCDCTL_USER",
     .help = "Authenticate as this user; the password is asked for when it is nowhere given"},
    {"password", OPTION_SECRET, .arg = "TEXT", .environment = "ETCDCTL_PASSWORD",
     .help = "Password of --user; better given in the variable, where others cannot see it"},
    {"dial-timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "2s",
     .environment = "ETCDCTL_DIAL_TIMEOUT", .help = "Time for one connection to be made"},
    {"command-timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "5s",
     .environment = "ETCDCTL_COMMAND_TIMEOUT",
     .help = "Time for a short request, connecting not counted"},
    {"keepalive-time", OPTION_DURATION, .arg = "DURATION", .fallback = "2s",
     .environment = "ETCDCTL_KEEPALIVE_TIME", .help = "Ping a silent connection after this time"},
    {"keepalive-timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "6s",
     .environment = "ETCDCTL_KEEPALIVE_TIMEOUT",
     .help = "Give a connection up when a ping has no answer for this time"},
    {"write-out", OPTION_CHOICE, 'w', .arg = "FORMAT", .fallback = "simple",
     .choices = "simple|table|json|fields|protobuf", .environment = "ETCDCTL_WRITE_OUT",
     .help = "Form of the results"},
    {"hex", OPTION_BOOL, .environment = "ETCDCTL_HEX",
     .help = "Keys, values and ids as hexadecimal text where that is not usual"},
    {"color", OPTION_CHOICE, .arg = "WHEN", .fallback = "auto", .choices = "auto|always|never",
     .help = "Colours; auto: on a terminal, unless NO_COLOR is set"},
    {"debug", OPTION_BOOL, .environment = "ETCDCTL_DEBUG",
     .help = "Tell on stderr what is done, with times"},
    {"yes", OPTION_BOOL, 'y', .help = "Answer every question with yes"},
    {"compat", OPTION_CHOICE, .hidden = true, .arg = "VERSION", .fallback = "auto",
     .choices = "auto|3.4|3.5|3.6|3.7", .environment = "QUORATE_COMPAT",
     .help = "Print as etcdctl of this version"},
    OPTIONS_END,
};

const struct option_def plan_options[] = {
    {"dry-run", OPTION_BOOL, .help = "Show the plan and change nothing"},
    OPTIONS_END,
};

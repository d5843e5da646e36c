"""Reading all keys of a big database, in several forms."""

from timing import pair


def tasks(s):
    # etcdctl has the whole answer in memory and needs longer than its five seconds
    command = ["get", "--prefix", "/registry/", "--command-timeout", "600s", "--endpoints",
               s.big_lab()]
    for what, options in (("as it is", []), ("JSON", ["-w", "json"]), ("fields", ["-w", "fields"]),
                          ("keys only", ["--keys-only"])):
        pair(f"get --prefix of all, {what}", [s.quorate, *command, *options],
             [s.etcdctl, *command, *options], s.env, min(s.runs, 3))
    s.lab_down("big")

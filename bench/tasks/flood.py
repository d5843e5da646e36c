"""A million events of two million keys go, with puts beside it: by 'keys rm', by 'keys rm' again, which saves them, is
killed with -9 and resumed, and by 'etcdctl del --prefix'. A quarter of an hour, most of it for writing the events again."""

import hashlib
import json
import os
import random
import signal
import subprocess
import time

from probe import member_pid
from tasks.rm import EVENTS, left, name_namespaces, removed

ADDED = 730000  # beside the events that 'lab load' writes
LOADED = 1100000
TEAMS = 40


def write_events(path):
    """A file for 'keys import': events of as many namespaces, whose values have the sizes of Kubernetes'."""
    numbers = random.Random(1)
    digest = hashlib.sha256()
    size = 0
    with open(path, "wb") as out:
        def line(fields):
            text = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
            digest.update(text)
            out.write(text)

        line({"format": "quorate-keys", "formatVersion": 1, "revision": 1, "prefix": EVENTS})
        for number in range(ADDED):
            key = f"{EVENTS}flood-{number * TEAMS // ADDED:02}/pod-{number:07}.{number * 2654435761 % 2**32:08x}"
            value = numbers.randbytes(numbers.randint(200, 400)).hex()
            size += len(key) + len(value)
            line({"key": key, "value": value, "createRevision": 1, "modRevision": 1, "version": 1})
        out.write(json.dumps({"keys": ADDED, "leases": 0, "bytes": size, "sha256": digest.hexdigest()},
                             separators=(",", ":")).encode() + b"\n")


def killed_and_resumed(s, endpoint, saved):
    """Saves, removes, is killed on the way, and goes on; then the file is put back, and proven equal."""
    argv = [s.quorate, "keys", "rm", EVENTS, "--save", saved, "--yes", "--endpoints", endpoint]
    with subprocess.Popen(argv, env=s.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as rm:
        for line in rm.stderr:
            if line.startswith("remove: ") and int(line.split(",")[1].split()[0]) >= 40:
                rm.send_signal(signal.SIGKILL)
                break
    plan = json.loads(s.run("plan", "list", "-w", "json"))["plans"][-1]
    print(f"  keys rm --save, killed: {plan['state']}", flush=True)
    started = time.perf_counter()
    s.run("plan", "resume", plan["id"], "--yes", "--endpoints", endpoint)
    print(f"  resumed                  {time.perf_counter() - started:6.2f} s; {left(s, endpoint)} events are left",
          flush=True)
    s.run("keys", "import", saved, "--yes", "--endpoints", endpoint)
    print(f"  put back from its file: {left(s, endpoint)} events, each compared by 'keys import'", flush=True)


def tasks(s):
    s.args.keys = LOADED
    endpoint = s.big_lab()
    pid = member_pid(s, "big")
    added, all_events, saved = (os.path.join(s.work, name) for name in ("added.jsonl", "all.jsonl", "saved.jsonl"))
    name_namespaces(s, endpoint)
    for number in range(TEAMS):
        s.run("put", f"/registry/namespaces/flood-{number:02}", "x", "--endpoints", endpoint)
    write_events(added)
    s.run("keys", "import", added, "--yes", "--endpoints", endpoint)
    s.run("keys", "export", all_events, "--prefix", EVENTS, "--endpoints", endpoint)
    keys = int(json.loads(s.run("get", "", "--prefix", "--count-only", "-w", "json", "--command-timeout", "60s",
                           "--endpoints", endpoint))["count"])
    print(f"  {left(s, endpoint)} events of {keys} keys", flush=True)
    removed(s, "keys rm", endpoint, pid, [s.quorate, "keys", "rm", EVENTS, "--yes", "--endpoints", endpoint])
    s.run("keys", "import", all_events, "--yes", "--endpoints", endpoint)
    killed_and_resumed(s, endpoint, saved)
    removed(s, "etcdctl del --prefix", endpoint, pid,
            [s.etcdctl, "del", "--prefix", EVENTS, "--command-timeout", "600s", "--endpoints", endpoint])
    s.lab_down("big")

"""Many keys go: 'keys rm' beside 'etcdctl del --prefix', which is one transaction, and what puts meet meanwhile."""

import json
import os
import time

from probe import Probe, member_pid
from timing import spawn

EVENTS = "/registry/events/"


def name_namespaces(s, endpoints):
    """Kubernetes lists its namespaces; 'lab load' writes objects only."""
    for number in range(20):
        s.run("put", f"/registry/namespaces/team-{number:02}", "x", "--endpoints", endpoints)


def left(s, endpoint):
    return int(json.loads(s.run("get", "--prefix", EVENTS, "--count-only", "-w", "json",
                                "--command-timeout", "60s", "--endpoints", endpoint)).get("count", 0))


def removed(s, what, endpoint, pid, argv):
    """Runs it, with puts beside it, and prints a line. What was written before is on the disk then. etcd gives up waiting
    for a transaction of some seconds, and does it all the same: then it is over when a put behind it is answered."""
    os.sync()
    began = time.perf_counter()
    with Probe(endpoint, pid) as probe:
        run = spawn(argv, s.env)
        if run["code"] != 0:
            s.run("put", "bench/behind", "x", "--command-timeout", "120s", "--endpoints", endpoint)
            run["wall"] = (time.perf_counter() - began) * 1000
    if left(s, endpoint) > 0:
        raise SystemExit(f"{' '.join(argv)}: {run['stderr']}")
    print(f"  {what:24} {run['wall'] / 1000:6.2f} s, CPU {run['cpu'] / 1000:5.2f} s; {probe.puts:5} puts beside it:"
          f" median {probe.median_ms:.1f} ms, p99 {probe.p99_ms:.1f} ms, longest {probe.longest_ms:.1f} ms"
          f" (at {probe.longest_at_s:.1f} s)"
          f"{'' if run['code'] == 0 else '; failed: ' + run['stderr'].strip().splitlines()[-1]}", flush=True)


def tasks(s):
    endpoint = s.big_lab()
    pid = member_pid(s, "big")
    saved = os.path.join(s.work, "events.jsonl")
    name_namespaces(s, endpoint)
    s.run("keys", "export", saved, "--prefix", EVENTS, "--endpoints", endpoint)
    with open(saved, "rb") as lines:
        print(f"  {sum(1 for _ in lines) - 2} events, and leases", flush=True)
    removed(s, "keys rm", endpoint, pid,
            [s.quorate, "keys", "rm", EVENTS, "--yes", "--endpoints", endpoint])
    s.run("keys", "import", saved, "--with-leases", "--yes", "--endpoints", endpoint)
    removed(s, "etcdctl del --prefix", endpoint, pid,
            [s.etcdctl, "del", "--prefix", EVENTS, "--command-timeout", "600s", "--endpoints", endpoint])
    s.lab_down("big")

"""What fills the key space: of a file, and of a member that serves others meanwhile."""

import os
import time

from probe import Probe, anonymous_mib, member_pid
from timing import pair, spawn


def beside(s, what, endpoint, pid, argv):
    """What puts and the member's memory are like while argv runs; None: nothing does."""
    before = anonymous_mib(pid)
    with Probe(endpoint, pid) as probe:
        if argv is None:
            time.sleep(3)
        else:
            run = spawn(argv, s.env)
            if run["code"] != 0:
                raise SystemExit(f"{' '.join(argv)}: {run['stderr']}")
    print(f"  puts beside {what:22} {probe.puts:6} puts: median {probe.median_ms:.1f} ms,"
          f" p99 {probe.p99_ms:.1f} ms, longest {probe.longest_ms:.1f} ms;"
          f" the member's memory {before:.0f} -> {probe.memory_mib:.0f} MiB", flush=True)


def namespaces_put(s, endpoint):
    """As every cluster of Kubernetes lists them; a load has none."""
    for name in ["kube-node-lease"] + [f"team-{i:02}" for i in range(20)]:
        s.run("put", f"/registry/namespaces/{name}", "{}", "--endpoints", endpoint)


def tasks(s):
    endpoint = s.big_lab()
    namespaces_put(s, endpoint)
    pid = member_pid(s, "big")
    snapshot = os.path.join(s.work, "keys.db")
    runs = min(s.runs, 3)
    s.run("snapshot", "save", snapshot, "--endpoints", endpoint)
    file = [s.quorate, "keys", "du", "--file", snapshot]
    live = [s.quorate, "keys", "du", "--endpoints", endpoint]
    ls = [s.quorate, "keys", "ls", "/registry/", "--file", snapshot]
    # what etcdctl offers to those who want sizes; it has the whole answer in memory
    peer = [s.etcdctl, "get", "--prefix", "", "-w", "fields", "--command-timeout", "600s",
            "--endpoints", endpoint]
    beside(s, "nothing", endpoint, pid, None)
    beside(s, "keys du", endpoint, pid, live)
    pair("keys du of a file", file, peer, s.env, runs)
    pair("keys ls of a file", ls, peer, s.env, runs)
    pair("keys du of a member", live, peer, s.env, runs)
    beside(s, "get -w fields", endpoint, pid, peer)
    s.lab_down("big")

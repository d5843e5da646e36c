"""Members that serve are defragmented, one after the other: 'maintain defrag' beside 'etcdctl defrag --cluster', and what
writers meet meanwhile: one at each member, and one that has all endpoints."""

import base64
import http.client
import json
import os
import re
import threading
import time

from tasks.rm import EVENTS, name_namespaces
from timing import spawn

KEYS = 60000
EVERY_S = 0.005
NEXT_AFTER_S = 0.25  # the writer with all endpoints waits so long for one of them
GIVE_UP_S = 5.0      # and so long in all
BLOCKED_S = 0.1      # a put that took this long was kept waiting


class Writer:
    """Puts one small key every 5 ms, at the first endpoint that answers in time, until it is stopped. puts: from when to
    when each took; failed: how many nobody acknowledged."""

    def __init__(self, name, endpoints, timeout_s):
        self.addresses = [re.sub("^https?://", "", endpoint) for endpoint in endpoints]
        self.timeout_s = timeout_s
        self.body = json.dumps({"key": base64.b64encode(f"bench/{name}".encode()).decode(),
                                "value": base64.b64encode(b"x").decode()})
        self.puts, self.failed = [], 0
        self.connection = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def try_put(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.addresses[0], timeout=self.timeout_s)
        try:
            self.connection.request("POST", "/v3/kv/put", self.body)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                return True
        except OSError:
            pass
        self.connection.close()
        self.connection = None
        self.addresses.append(self.addresses.pop(0))
        return False

    def run(self):
        due = time.perf_counter()
        while not self.stopping.is_set():
            started = time.perf_counter()
            while not self.try_put():
                if time.perf_counter() - started > GIVE_UP_S:
                    self.failed += 1
                    break
            else:
                self.puts.append((started, time.perf_counter()))
            due = max(due + EVERY_S, time.perf_counter())
            time.sleep(max(0, due - time.perf_counter()))

    def longest_ms(self):
        return max(end - start for start, end in self.puts) * 1000

    def waits(self):
        return [put for put in self.puts if put[1] - put[0] > BLOCKED_S]


def overlap_ms(one, other):
    """How long two writers were kept waiting at the same time."""
    return 1000 * sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one.waits() for b in other.waits())


def fragmented(s, endpoints):
    """All members have the same pages in use, and many that are free."""
    s.run("lab", "load", "--name", "rolling", "--keys", str(KEYS), "--rewrites", "3")
    s.run("keys", "rm", EVENTS, "--yes", "--endpoints", endpoints)
    status = json.loads(s.run("endpoint", "status", "-w", "json", "--endpoints", endpoints))
    s.run("compaction", "--physical", str(status[0]["Status"]["header"]["revision"]), "--endpoints", endpoints)
    time.sleep(5)  # the figures are a commit behind
    os.sync()
    return sizes_mb(s, endpoints)


def sizes_mb(s, endpoints):
    status = json.loads(s.run("endpoint", "status", "-w", "json", "--endpoints", endpoints))
    return [member["Status"]["dbSize"] // 1000000 for member in status]


def defragmented(s, what, endpoints, argv):
    before = fragmented(s, endpoints)
    each = endpoints.split(",")
    at_members = [Writer(f"m{number}", [endpoint], GIVE_UP_S * 4) for number, endpoint in enumerate(each)]
    everywhere = Writer("all", each, NEXT_AFTER_S)
    writers = [*at_members, everywhere]
    for writer in writers:
        writer.thread.start()
    time.sleep(2)
    run = spawn(argv, s.env)
    time.sleep(2)
    for writer in writers:
        writer.stopping.set()
    for writer in writers:
        writer.thread.join()
    if run["code"] != 0:
        raise SystemExit(f"{' '.join(argv)}: {run['stderr']}")
    two_ms = sum(overlap_ms(one, other) for i, one in enumerate(at_members) for other in at_members[i + 1:])
    print(f"  {what:24} {run['wall'] / 1000:6.2f} s, CPU {run['cpu'] / 1000:5.2f} s; MB before {before},"
          f" after {sizes_mb(s, endpoints)}")
    print(f"    longest put at each member: {', '.join(f'{w.longest_ms():.0f}' for w in at_members)} ms;"
          f" two waited at once for {two_ms:.0f} ms; failed {sum(w.failed for w in at_members)}")
    print(f"    with all endpoints: {len(everywhere.puts)} puts, {everywhere.failed} failed,"
          f" longest {everywhere.longest_ms():.0f} ms", flush=True)


def tasks(s):
    endpoints = s.lab_up("rolling", "--members", "3", "--quota-backend-bytes", "8000000000")
    name_namespaces(s, endpoints)
    for _ in range(2):
        defragmented(s, "maintain defrag", endpoints,
                     [s.quorate, "maintain", "defrag", "--when", "free > 25MB", "--yes", "--cluster", "lab:rolling"])
        defragmented(s, "etcdctl defrag --cluster", endpoints,
                     [s.etcdctl, "defrag", "--cluster", "--command-timeout", "60s", "--endpoints", endpoints])
    s.lab_down("rolling")

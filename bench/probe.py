"""What a member has to bear while a client reads from it: puts of one small key every 5 ms through its
JSON gateway, and its anonymous memory."""

import base64
import http.client
import json
import re
import statistics
import threading
import time

EVERY_S = 0.005


def anonymous_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s+(\d+) kB", status.read())[1]) / 1024


def member_pid(s, name):
    """The etcd of a lab with one member."""
    status = json.loads(s.run("lab", "status", "--name", name, "-w", "json"))
    return status["members"][0]["pid"]


class Probe:
    """Runs beside what is in the with block; then has puts, median_ms, p99_ms, longest_ms, longest_at_s
    (behind the beginning), and memory_mib, the member's peak."""

    def __init__(self, endpoint, pid):
        self.address = re.sub("^https?://", "", endpoint)
        self.pid = pid
        self.stopping = threading.Event()
        self.took = []
        self.memory_mib = 0
        self.threads = [threading.Thread(target=run) for run in (self.put, self.look)]

    def put(self):
        connection = http.client.HTTPConnection(self.address)
        body = json.dumps({"key": base64.b64encode(b"bench/probe").decode(),
                           "value": base64.b64encode(b"x").decode()})
        began = due = time.perf_counter()
        while not self.stopping.is_set():
            started = time.perf_counter()
            connection.request("POST", "/v3/kv/put", body)
            connection.getresponse().read()
            self.took.append(((time.perf_counter() - started) * 1000, started - began))
            due = max(due + EVERY_S, time.perf_counter())
            time.sleep(max(0, due - time.perf_counter()))

    def look(self):
        while not self.stopping.is_set():
            self.memory_mib = max(self.memory_mib, anonymous_mib(self.pid))
            time.sleep(EVERY_S)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.longest_ms, self.longest_at_s = max(self.took)
        took = sorted(ms for ms, _ in self.took)
        self.puts = len(took)
        self.median_ms = statistics.median(took)
        self.p99_ms = took[len(took) * 99 // 100]

"""Copying keys to another cluster with make-mirror."""

import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

from timing import row

KEYS = 50000
PORTS = {"source": 21379, "dest": 22379}


def member(s, name):
    """A fresh member by itself, with fsync, outside of any lab: the copy needs two clusters."""
    data = os.path.join(s.work, name)
    shutil.rmtree(data, ignore_errors=True)
    client, peer = (f"http://127.0.0.1:{PORTS[name] + i}" for i in (0, 1))
    with open(os.path.join(s.work, f"{name}.log"), "wb") as log:
        process = subprocess.Popen(
            [os.path.join(s.etcd, "etcd"), "--name", name, "--data-dir", data,
             "--listen-client-urls", client, "--advertise-client-urls", client,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"{name}={peer}"], stdout=log, stderr=log)
    wait_until(lambda: b"true" in gateway(name, "/health"))
    return process


def wait_until(is_so, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if is_so():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            sys.exit("it took too long")
        time.sleep(0.01)


def gateway(name, path, body=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = json.dumps(body).encode() if body is not None else None
    with opener.open(f"http://127.0.0.1:{PORTS[name]}{path}", data, timeout=30) as answer:
        return answer.read()


def fill():
    """80 MB in values of 1200 to 2000 bytes that nobody can compress."""
    def b64(data):
        return base64.b64encode(data).decode()

    for start in range(0, KEYS, 100):
        gateway("source", "/v3/kv/txn", {"success": [
            {"request_put": {"key": b64(b"/mirror/%08d" % i),
                             "value": b64(os.urandom(1200 + i * 7919 % 800))}}
            for i in range(start, start + 100)]})


def copied_count():
    answer = json.loads(gateway("dest", "/v3/kv/range",
                                {"key": "AA==", "range_end": "AA==", "count_only": True}))
    return int(answer.get("count", 0))


def proc(pid, name, pattern):
    with open(f"/proc/{pid}/{name}", encoding="ascii") as text:
        return re.search(pattern, text.read())


def copy_once(s, argv):
    """One base copy into a fresh member, until all keys are there."""
    dest = member(s, "dest")
    started = time.perf_counter()
    mirror = subprocess.Popen([*argv, "--endpoints", f"127.0.0.1:{PORTS['source']}",
                               f"127.0.0.1:{PORTS['dest']}"], env=s.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: copied_count() == KEYS)
        wall = (time.perf_counter() - started) * 1000
        ticks = proc(mirror.pid, "stat", r"\) . (?:\S+ ){10}(\d+) (\d+)")
        peak = int(proc(mirror.pid, "status", r"VmHWM:\s+(\d+)")[1]) / 1024
    finally:
        for process in (mirror, dest):
            process.kill()
            process.wait()
    cpu = (int(ticks[1]) + int(ticks[2])) * 1000 / os.sysconf("SC_CLK_TCK")
    return {"wall": wall, "cpu": cpu, "peak": peak}


def tasks(s):
    source = member(s, "source")
    try:
        fill()
        runs = min(s.runs, 3)
        ways = {"make-mirror, base copy": [s.quorate, "make-mirror"],
                "make-mirror --single-puts": [s.quorate, "make-mirror", "--single-puts"]}
        taken = {name: [] for name in [*ways, ""]}
        for _ in range(runs):
            for name, argv in {**ways, "": [s.etcdctl, "make-mirror"]}.items():
                taken[name].append(copy_once(s, argv))
        b = {key: statistics.median(run[key] for run in taken[""]) for key in ("wall", "cpu", "peak")}
        for name in ways:
            a = {key: statistics.median(run[key] for run in taken[name]) for key in b}
            row(name, a, b, (a["peak"], ""), (b["peak"], ""))
    finally:
        source.kill()
        source.wait()

"""Databases to measure on: reproducible, as Kubernetes fills them, made once and kept.

A set is loaded into a member of etcd by `quorate lab load` (what it writes is in docs/performance.md) and
saved; of its fragmented copy two thirds of the pages are free: events, config maps and secrets were deleted
and compacted. Both are snapshot files, kept below build/bench-sets and used again as long as the numbers
and the release of etcd are the same. Files of any other size are written by bench_db, without a server.
"""

import json
import os
import subprocess
import sys

from setting import ROOT

# Keys, seed, rewrites of each key of the quarter that is rewritten.
SETS = {"S": (65000, 1, 3), "L": (525000, 2, 3)}
QUOTA_BYTES = 8 << 30
# What a key of these takes, its later versions included.
BYTES_PER_KEY = 3920
DELETED = ("/registry/events/", "/registry/configmaps/", "/registry/secrets/")


class DataSet:
    """name        "S", "L"
    snapshot    a snapshot file, as it was loaded
    fragmented  the same with more than half of the pages free
    size        of the first, in bytes"""

    def __init__(self, name, snapshot, fragmented):
        self.name, self.snapshot, self.fragmented = name, snapshot, fragmented
        self.size = os.path.getsize(snapshot)


def load(s, name):
    keys, seed, rewrites = SETS[name]
    one = s.lab_up("set", "--members", "1", "--quota-backend-bytes", str(QUOTA_BYTES))
    print(f"loading set {name}: {keys} keys", file=sys.stderr, flush=True)
    s.run("lab", "load", "--name", "set", "--keys", str(keys), "--seed", str(seed),
          "--rewrites", str(rewrites), "--event-leases")
    return one


def save(s, endpoint, path):
    s.run("snapshot", "save", path + ".new", "--endpoints", endpoint)
    os.rename(path + ".new", path)


def fragment(s, endpoint):
    for prefix in DELETED:
        s.run("del", "--prefix", prefix, "--endpoints", endpoint, "--command-timeout", "600s")
    status = json.loads(s.run("endpoint", "status", "-w", "json", "--endpoints", endpoint))
    revision = status[0]["Status"]["header"]["revision"]
    s.run("compaction", "--physical", str(revision), "--endpoints", endpoint,
          "--command-timeout", "600s")


def make(s, name, whole, fragmented):
    endpoint = load(s, name)
    save(s, endpoint, whole)
    fragment(s, endpoint)
    save(s, endpoint, fragmented)
    s.lab_down("set")


def data_set(s, name):
    """The set of that name, made when it is not there."""
    release = os.path.basename(s.etcd)
    stem = "-".join([name, *map(str, SETS[name]), release])
    kept = os.path.abspath(s.args.sets or os.path.join(ROOT, "build", "bench-sets"))
    whole, fragmented = (os.path.join(kept, f"{stem}{end}.db") for end in ("", "-fragmented"))
    os.makedirs(kept, exist_ok=True)
    if not (os.path.exists(whole) and os.path.exists(fragmented)):
        make(s, name, whole, fragmented)
    return DataSet(name, whole, fragmented)


def write_db(s, path, gigabytes, seed=3):
    """A snapshot file of about that size, made anew."""
    build = os.path.dirname(s.quorate)
    subprocess.run(["ninja", "-C", build, "bench/bench_db"], check=True, stdout=subprocess.DEVNULL)
    keys = int(gigabytes * 1e9 / BYTES_PER_KEY)
    subprocess.run([os.path.join(build, "bench", "bench_db"), path, str(keys), str(seed), "3"],
                   check=True)

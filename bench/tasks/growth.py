"""Does the time for a gigabyte stay the same when the database grows? Quorate alone, no peer.

Files of 0.25, 1, 2 and 8 GB from bench_db, warm; the last column is the time for a gigabyte against the
least of its row. `--sizes 0.25,1` takes others, `--sizes` of 8 needs some 30 GB of disk.
"""

import os
import shutil
import statistics
import sys

from datasets import write_db
from timing import spawn


def words(s):
    """What is timed, with FILE, DIR (to be made) and DATA (a data directory) in the arguments."""
    yield "snapshot status", [s.quorate, "snapshot", "status", "FILE"]
    yield "snapshot verify", [s.quorate, "snapshot", "verify", "FILE"]
    yield "keys du", [s.quorate, "keys", "du", "--file", "FILE"]
    yield "snapshot restore", [s.quorate, "snapshot", "restore", "FILE", "--data-dir", "DIR"]
    yield "defrag --data-dir", [s.as_etcdutl(), "defrag", "--data-dir", "DATA"]
    yield "datadir check", [s.quorate, "datadir", "check", "DATA"]


def timed(s, argv, places):
    """Median of the wall times in seconds, after a warm-up; a directory to be made is made anew."""
    walls = []
    for _ in range(1 + min(s.runs, 3)):
        shutil.rmtree(places["DIR"], ignore_errors=True)
        run = spawn([places.get(word, word) for word in argv], s.env)
        if run["code"] != 0:
            sys.exit(f"{' '.join(argv)}: exit code {run['code']}\n{run['stderr']}")
        walls.append(run["wall"] / 1000)
    shutil.rmtree(places["DIR"], ignore_errors=True)
    return statistics.median(walls[1:])


def tasks(s):
    sizes = [float(size) for size in s.args.sizes.split(",")]
    places = {name: os.path.join(s.work, name) for name in ("FILE", "DIR", "DATA")}
    seconds = {name: [] for name, _ in words(s)}
    gigabytes = []
    for size in sizes:
        write_db(s, places["FILE"], size)
        gigabytes.append(os.path.getsize(places["FILE"]) / 1e9)
        s.run("snapshot", "restore", places["FILE"], "--data-dir", places["DATA"])
        for name, argv in words(s):
            seconds[name].append(timed(s, argv, places))
        os.remove(places["FILE"])
        shutil.rmtree(places["DATA"])
    print(f"{'seconds per GB, at GB':24}" + "".join(f"{size:8.2f}" for size in gigabytes) +
          f"{'ratio':>8}")
    for name, walls in seconds.items():
        rates = [wall / size for wall, size in zip(walls, gigabytes)]
        print(f"{name:24}" + "".join(f"{rate:8.3f}" for rate in rates) +
              f"{max(rates) / min(rates):8.2f}", flush=True)

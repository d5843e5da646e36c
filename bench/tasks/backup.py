"""Taking a db snapshot of a big database over the network."""

import os
import re
import shutil

from timing import pair


def stream_part(run):
    """The streaming part of a backup, as quorate itself tells it with --debug."""
    found = re.search(r"streamed \d+ bytes in (\d+) ms, (\d+) ms of processor time", run["stderr"])
    return {"wall": float(found[1]), "cpu": float(found[2])}


def tasks(s):
    one = ["--endpoints", s.big_lab()]
    target = os.path.join(s.work, "files")

    def clear():
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target)

    peer = [s.etcdctl, "snapshot", "save", os.path.join(target, "peer.db"), *one]
    runs = min(s.runs, 5)
    whole = pair("backup now, stream with its checks",
                 [s.quorate, "--debug", "backup", "now", "--repo", target, *one], peer,
                 s.env, runs, clear, stream_part)
    print(f"{'  with the proof, whole process':34} {whole['wall']:9.1f} {'':16}  {whole['cpu']:8.1f}")
    pair("snapshot save, with its checks",
         [s.quorate, "snapshot", "save", os.path.join(target, "ours.db"), *one], peer,
         s.env, runs, clear)
    s.lab_down("big")

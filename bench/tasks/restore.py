"""One member and three members from one snapshot: in one call of quorate, in one call each of etcdutl.

Two limits: the hash beside as many copies, each with its room reserved, written and synced, one after the
other; and what the disk takes at most, the same copies written past the page cache, all at once, without
a hash.
"""

import os
import shlex
import shutil

from timing import limit, pair

MEMBERS = {"m1": "http://127.0.0.1:12380", "m2": "http://127.0.0.1:22380",
           "m3": "http://127.0.0.1:32380"}
CLUSTER = ",".join(f"{name}={url}" for name, url in MEMBERS.items())


def etcdutl_call(s, snapshot, out, name):
    return [s.etcdutl, "snapshot", "restore", snapshot, "--name", name, "--data-dir",
            os.path.join(out, name), "--initial-cluster", CLUSTER,
            "--initial-advertise-peer-urls", MEMBERS[name]]


def etcdutl_script(s, snapshot, out):
    """A shell that builds one member after the other, as the guides do it."""
    return ["sh", "-c", " && ".join(shlex.join(etcdutl_call(s, snapshot, out, name))
                                    for name in MEMBERS)]


def limit_script(snapshot, out, count):
    size = os.path.getsize(snapshot)
    copies = " && ".join(
        f"fallocate -l {size} '{out}/{i}' &&"
        f" dd if='{snapshot}' of='{out}/{i}' bs=1M conv=notrunc,fdatasync status=none"
        for i in range(count))
    return ["sh", "-c", f"openssl dgst -sha256 '{snapshot}' >/dev/null & {copies}; wait"]


def disk_script(snapshot, out, count):
    """The same bytes to as many files, with several megabytes of each under way."""
    size = os.path.getsize(snapshot)
    files = " ".join(f"'{out}/{i}'" for i in range(count))
    return ["sh", "-c", f"for f in {files}; do fallocate -l {size} $f && dd if='{snapshot}' of=$f bs=4M"
            " oflag=direct conv=notrunc,fdatasync status=none & done; wait"]


def tasks(s):
    snapshot = s.data_set().snapshot
    out = os.path.join(s.work, "restored")
    runs = min(s.runs, 3)
    ours = [s.quorate, "snapshot", "restore", snapshot, "--initial-cluster", CLUSTER]

    def clear():
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        os.sync()

    of = pair("snapshot restore, 1 member", [*ours, "--name", "m1", "--data-dir", f"{out}/m1"],
         etcdutl_call(s, snapshot, out, "m1"), s.env, runs, clear)
    limit("hash and 1 copy", limit_script(snapshot, out, 1), s.env, runs, clear, of)
    limit("1 copy, the disk alone", disk_script(snapshot, out, 1), s.env, runs, clear, of)
    of = pair("snapshot restore, 3 members", [*ours, "--all", "--output-dir", out],
         etcdutl_script(s, snapshot, out), s.env, runs, clear)
    limit("hash and 3 copies", limit_script(snapshot, out, 3), s.env, runs, clear, of)
    limit("3 copies, the disk alone", disk_script(snapshot, out, 3), s.env, runs, clear, of)
    clear()

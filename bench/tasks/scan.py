"""Reading a snapshot file once: status, verify, HashKV; in memory, and from the disk.

A cold file is one that the page cache was asked to drop just before; the limit beside it is a plain read, behind a
run of the peer's, as ours is: half a minute of its random reads leaves a machine behind that reads slower.
etcdutl 3.5 prints the number of rows and has no look at the SHA-256; --compat 3.5 makes quorate print the
same. From 3.6 on it counts the keys that exist, as quorate does by itself: that is compared with etcdutl 3.6,
where test/etcds has one. HashKV has no offline peer before etcd 3.6: a member is asked for it."""

import os

from setting import etcd_dir
from timing import limit, pair


def dropper(path):
    """Drops a file out of the page cache, as far as its file system does that."""
    def drop():
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)
    return drop


def status_pairs(s, path):
    runs = min(s.runs, 5)
    status = ["snapshot", "status", path]
    peer = [s.etcdutl, *status]
    same = [s.quorate, *status, "--compat", "3.5"]
    newer = etcd_dir("3.6")
    pair("snapshot status, rows, warm", same, peer, s.env, runs)
    pair("snapshot status, live keys, warm", [s.quorate, *status], peer, s.env, runs)
    if newer:
        pair("the same beside etcdutl 3.6", [s.quorate, *status],
             [os.path.join(newer, "etcdutl"), *status], s.env, runs)
    else:
        print("  no etcd 3.6: 'test/etcds install 3.6' brings the etcdutl that counts live keys")
    runs = min(s.runs, 3)
    of = pair("snapshot status, rows, cold", same, peer, s.env, runs, dropper(path))
    limit("cat of the cold file, behind it", ["cat", path], s.env, runs, dropper(path), of, peer)


def verify_pairs(s, path):
    verify = [s.quorate, "snapshot", "verify", path]
    peer = ["openssl", "dgst", "-sha256", path]
    pair("snapshot verify, openssl, warm", verify, peer, s.env, min(s.runs, 5))
    pair("snapshot verify, openssl, cold", verify, peer, s.env, min(s.runs, 3), dropper(path))


def hash_pairs(s):
    endpoint = s.big_lab()
    path = os.path.join(s.work, "scan.db")
    s.run("snapshot", "save", path, "--endpoints", endpoint)
    pair("hashkv of a file, of a member", [s.quorate, "hashkv", path],
         [s.etcdctl, "endpoint", "hashkv", "--endpoints", endpoint, "--command-timeout", "60s"],
         s.env, min(s.runs, 5))
    s.lab_down("big")
    os.remove(path)


def tasks(s):
    path = s.data_set().snapshot
    status_pairs(s, path)
    verify_pairs(s, path)
    hash_pairs(s)

"""defrag --data-dir of a fragmented database, in the page cache and not.

The limit is the result written anew, with its room reserved, and synced, and the old file removed: that gives its
blocks back before it returns (on a file system mounted with 'discard', a second for 1.5 GB). Of the cold file it is
also read.
"""

import os
import shutil

from timing import limit, pair


def forget(path):
    """Takes a file out of the page cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


def sizes_check(s, kept, data):
    """Defragments with both and prints what came out."""
    db = os.path.join(data, "member", "snap", "db")
    sizes = []
    for program in (s.as_etcdutl(), s.etcdutl):
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(kept, data)
        s.run_program(program, "defrag", "--data-dir", data)
        sizes.append(os.path.getsize(db))
    print(f"  defrag: {os.path.getsize(os.path.join(kept, 'member', 'snap', 'db')) / 1e6:.0f} MB become"
          f" {sizes[0] / 1e6:.0f} MB, with etcdutl {sizes[1] / 1e6:.0f} MB", flush=True)
    return sizes[0]


def tasks(s):
    kept, data = (os.path.join(s.work, name) for name in ("fragmented", "defragmented"))
    db, copy = os.path.join(data, "member", "snap", "db"), os.path.join(s.work, "copy")
    runs = min(s.runs, 3)
    s.run("snapshot", "restore", s.data_set().fragmented, "--data-dir", kept)
    size = sizes_check(s, kept, data)

    def warm():
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(kept, data)
        os.sync()

    def cold():
        warm()
        forget(db)

    def replace(source, before="true"):
        return ["sh", "-c", f"{before}; rm -f '{copy}' && fallocate -l {size} '{copy}' && {source} | dd"
                f" of='{copy}' bs=1M iflag=fullblock conv=notrunc,fdatasync status=none && rm '{db}'"]

    ours, peer = ([program, "defrag", "--data-dir", data]
                  for program in (s.as_etcdutl(), s.etcdutl))
    of = pair("defrag --data-dir, warm", ours, peer, s.env, runs, warm)
    limit("result written, old file removed", replace(f"head -c {size} '{kept}/member/snap/db'"),
          s.env, runs, warm, of)
    of = pair("defrag --data-dir, cold", ours, peer, s.env, runs, cold)
    limit("all read, result written, old file removed",
          replace(f"head -c {size} '{db}'", f"cat '{db}' >/dev/null"), s.env, runs, cold, of)
    os.remove(copy)
    shutil.rmtree(data)
    shutil.rmtree(kept)

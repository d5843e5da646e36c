"""The facts of the machine and of the programs that figures belong to."""

import os
import platform
import re
import subprocess


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def found(pattern, text, otherwise="unknown"):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else otherwise


def first_line(*argv):
    try:
        result = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return "absent"
    return (result.stdout or result.stderr).partition("\n")[0].strip()


def file_system(path):
    """Type and device of the file system that holds a path."""
    path, best = os.path.realpath(path), ("", "unknown", "unknown")
    for line in text_of("/proc/self/mounts").splitlines():
        device, mounted, kind = line.split()[:3]
        inside = path == mounted or path.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best[0]):
            best = (mounted, kind, device)
    return f"{best[1]} on {best[2]}"


def facts(s):
    """Pairs of a heading and a fact."""
    cpu, memory = text_of("/proc/cpuinfo"), text_of("/proc/meminfo")
    flags = found(r"^flags\s*:(.*)", cpu, "").split()
    kib = found(r"^MemTotal:\s+(\d+)", memory, "0")
    version = first_line(os.path.join(s.etcd, "etcd"), "--version")
    return [
        ("processor", found(r"^model name\s*:(.*)", cpu, platform.machine())),
        ("of it in use", f"{len(os.sched_getaffinity(0))} cores; SHA instructions "
                         f"{'yes' if {'sha_ni', 'sha2'} & set(flags) else 'no'}"),
        ("memory", f"{int(kib) / 1024 / 1024:.1f} GiB"),
        ("file system", file_system(s.work)),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("load before", text_of("/proc/loadavg").partition(" ")[0]),
        ("quorate", first_line(s.quorate, "version")),
        ("etcd", version),
        ("etcdctl", first_line(s.etcdctl, "version")),
        ("etcdutl", first_line(s.etcdutl, "version")),
    ]


def print_facts(s):
    for heading, fact in facts(s):
        print(f"{heading:14} {fact}")
    print(flush=True)

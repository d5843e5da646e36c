"""Times whole processes in pairs, quorate and a peer in turn, and prints a row for each pair."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HEADING = (f"{'milliseconds, MiB':34} {'quorate':>9} {'peer':>9} {'ratio':>6}"
           f"  {'cpu':>8} {'peer':>8} {'ratio':>6}  {'RSS':>7} {'anon':>6} {'peer':>7} {'anon':>6}")


def spawn(argv, env):
    """Runs one process: wall and CPU in milliseconds, exit code, its stderr."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - started) * 1000
        errors.seek(0)
        text = errors.read().decode("utf-8", "replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"wall": wall, "cpu": (usage.ru_utime + usage.ru_stime) * 1000,
            "code": process.returncode, "stderr": text}


def memory(argv, env):
    """Peaks of one more run in MiB: resident, and of it anonymous, looked at every 2 ms. A process
    that is started from here would count our own memory as its peak, so VmHWM is read instead."""
    peak = {"VmHWM": 0, "RssAnon": 0}
    with subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                    text = status.read()
                with open(f"/proc/{process.pid}/comm", encoding="ascii") as comm:
                    started = comm.read().strip() == os.path.basename(argv[0])[:15]
            except OSError:
                break
            for key in peak:
                found = re.search(rf"{key}:\s+(\d+) kB", text)
                if found and started:
                    peak[key] = max(peak[key], int(found[1]))
            time.sleep(0.002 if peak["VmHWM"] > 16384 else 0)
    return peak["VmHWM"] / 1024, peak["RssAnon"] / 1024


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu")}


def row(name, ours, peer, our_peak=("", ""), peer_peak=("", "")):
    """Prints one line: medians of both in milliseconds, and peaks (resident, anonymous) in MiB."""
    def mib(value, width):
        return f"{value:{width}.1f}" if value != "" else " " * width

    print(f"{name:34} {ours['wall']:9.1f} {peer['wall']:9.1f} {ours['wall'] / peer['wall']:6.3f}"
          f"  {ours['cpu']:8.1f} {peer['cpu']:8.1f} {ours['cpu'] / max(peer['cpu'], 0.001):6.3f}"
          f"  {mib(our_peak[0], 7)} {mib(our_peak[1], 6)}"
          f" {mib(peer_peak[0], 7)} {mib(peer_peak[1], 6)}", flush=True)


def pair(name, ours, peer, env, runs, before_each=None, ours_part=None, may_fail=False):
    """Runs both in turn and prints their row. before_each runs before every process, outside the
    measured time; ours_part may take a part of our run's figures, for what is compared. Returns
    our medians of whole processes, and as "peer" the peer's. A run that fails ends the program, as its
    time says nothing, unless may_fail."""
    ours_runs, peer_runs, whole_runs = [], [], []
    for i in range(runs + 1):
        for argv, kept in ((ours, ours_runs), (peer, peer_runs)):
            if before_each:
                before_each()
            run = spawn(argv, env)
            if run["code"] != 0 and not may_fail:
                sys.exit(f"{' '.join(argv)}: exit code {run['code']}\n{run['stderr']}")
            if i == 0:
                continue  # the warm-up
            if kept is ours_runs:
                whole_runs.append(dict(run))
                if ours_part:
                    run.update(ours_part(run))
            kept.append(run)
    peaks = []
    for argv in (ours, peer):
        if before_each:
            before_each()
        peaks.append(memory(argv, env))
    row(name, medians(ours_runs), medians(peer_runs), *peaks)
    return {**medians(whole_runs), "peer": medians(peer_runs)}


def limit(name, argv, env, runs, before_each=None, of=None, behind=None):
    """Runs what cannot be left out, by the simplest means, and prints its medians under 'peer'. With 'of',
    what pair() returned, also how near that came: our wall and CPU time by the limit's, and the limit's by
    the peer's, which no ratio can be below. With 'behind', a program, each run comes right behind one of that,
    as ours come behind the peer's, where the state that one leaves the machine in matters."""
    taken = []
    for i in range(runs + 1):
        if behind:
            if before_each:
                before_each()
            spawn(behind, env)
        if before_each:
            before_each()
        run = spawn(argv, env)
        if run["code"] != 0:
            sys.exit(f"{' '.join(argv)}: exit code {run['code']}\n{run['stderr']}")
        if i > 0:
            taken.append(run)
    medians_of = medians(taken)
    line = f"{'  limit: ' + name:34} {'':9} {medians_of['wall']:9.1f} {'':6}  {'':8} {medians_of['cpu']:8.1f}"
    if of:
        least = [medians_of[key] / of["peer"][key] for key in ("wall", "cpu")]
        line = (f"{'  limit: ' + name:34} {of['wall']:9.1f} {medians_of['wall']:9.1f}"
                f" {of['wall'] / medians_of['wall']:6.3f}  {of['cpu']:8.1f} {medians_of['cpu']:8.1f}"
                f" {of['cpu'] / max(medians_of['cpu'], 0.001):6.3f}"
                f"  (limit : peer {least[0]:.3f}, CPU {least[1]:.3f})")
    print(line, flush=True)
    return medians_of

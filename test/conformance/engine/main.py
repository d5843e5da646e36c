#!/usr/bin/env python3
"""Compares quorate with the real etcdctl and etcdutl.

    main.py run ETCD QUORATE FILE...    each scenario of these files, with all three faces
    main.py missing ETCD QUORATE CASES  commands and flags of the real tools that quorate lacks
    main.py untried ETCD CASES          commands and flags of the real tools that no case in CASES has
    main.py surface ETCD                what the real tools have
    main.py excuses CASES               names of the differences that are passed over

ETCD is the folder of one version. QUORATE may be 'real': then the real tools are compared with
themselves, which shows whether a case is steady. Differences go to standard output; the exit status is 1 when
there are any.
"""

import pathlib
import sys
import tempfile
import time

import casefile
import coverage
import runner
import scenarios


def main(arguments):
    match arguments:
        case ["run", etcd, quorate, *files]:
            problems = [run_file(etcd, quorate, pathlib.Path(file)) for file in files]
            return 1 if any(problems) else 0
        case ["missing", etcd, quorate, cases]:
            with tempfile.TemporaryDirectory() as scratch:
                return tell(coverage.missing(runner.Runner(etcd, quorate, scratch), left_out(cases)))
        case ["untried", etcd, cases]:
            with tempfile.TemporaryDirectory() as scratch:
                return tell(coverage.untried(runner.Runner(etcd, "real", scratch), load_all(cases),
                                             left_out(cases)))
        case ["excuses", cases]:
            return tell(sorted(coverage.excuses(load_all(cases), left_out(cases)))) and 0
        case ["surface", etcd]:
            with tempfile.TemporaryDirectory() as scratch:
                return tell(coverage.listing(runner.Runner(etcd, "real", scratch))) and 0
    sys.stderr.write(__doc__)
    return 2


def load_all(folder):
    return [casefile.load(path) for path in sorted(pathlib.Path(folder).glob("*.cases"))]


def left_out(folder):
    return coverage.LeftOut(pathlib.Path(folder) / "left_out.list")


def tell(lines):
    """Prints what there is; 1 when there is something."""
    count = 0
    for line in lines:
        print(line)
        count += 1
    return 1 if count else 0


def run_file(etcd, quorate, path):
    """The number of steps that differ."""
    file = casefile.load(path)
    started = time.monotonic()
    steps = differing = 0
    with tempfile.TemporaryDirectory(prefix="conformance.") as scratch:
        run = runner.Runner(etcd, quorate, scratch)
        if not run.applies(file.settings):
            print(f"{path.name}: nothing for {run.version}")
            return 0
        layout = scenarios.LAYOUTS[file.settings.get("servers", "alike")](run, pathlib.Path(scratch) / "w")
        try:
            layout.start()
            for scenario in file.scenarios:
                if run.applies(scenario.settings):
                    found = play(path, layout, scenario)
                    steps += len(scenario.steps)
                    differing += found
        finally:
            layout.stop()
    print(f"{path.name} {run.version}: {steps} steps, {differing} differ, "
          f"{time.monotonic() - started:.1f} s")
    return differing


def play(path, layout, scenario):
    differing = 0
    known_ids = layout.known_ids()
    for step, face, real, ours in layout.play(scenario):
        excused = step.excused if runner.holds(layout.run.version, step.versions) else ()
        lines = real.differences(ours, known_ids, layout.masks, excused)
        if lines:
            differing += 1
            print(f"{path.name}:{step.line} ({scenario.title}), {face}: {step.text}")
            print("\n".join(f"    {line}" for line in lines))
    return differing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Commands that are over at once, on three members."""

from timing import pair


def tasks(s):
    """s is a Setting: see setting.py."""
    def both(name, command, runs, may_fail=False):
        pair(name, [s.quorate, *command], [s.etcdctl, *command], s.env, runs, may_fail=may_fail)

    three = ["--endpoints", s.lab_up("small")]
    both("version", ["version"], s.runs)
    both("endpoint status, 3 members", ["endpoint", "status", *three], s.runs)
    both("endpoint health, 3 members", ["endpoint", "health", *three], s.runs)
    both("member list", ["member", "list", *three], s.runs)
    s.run("lab", "kill", "m3", "--name", "small")
    both("endpoint status, 1 of 3 refusing", ["endpoint", "status", *three], min(s.runs, 3),
         may_fail=True)
    s.lab_down("small")

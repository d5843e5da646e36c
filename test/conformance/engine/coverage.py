"""Whether quorate has, and the cases try, each command and flag that the real tools' help names."""

import re
import subprocess

import result
import surface

# One of them suits every flag that wants a value.
_VALUES = (("1",), ("1s",), ("l",), ("json",), ("KEY",), ("ASCEND",), ("http://127.0.0.1:1",))


def surfaces(run):
    """(name as it is shown, tool, api, Surface) for each tool of this version."""
    found = []
    for tool, program in run.real.items():
        if run.has(tool):
            found.append((f"{run.minor} {tool}", tool, "3",
                          surface.Surface(program[0], run.environment())))
    if run.minor in ("3.4", "3.5"):
        found.append((f"{run.minor} etcdctl v2", "etcdctl", "2",
                      surface.Surface(run.real["etcdctl"][0], run.environment(api="2"))))
    return found


def listing(run):
    for title, _, _, tool in surfaces(run):
        for name in sorted(tool.commands):
            yield f"{title} {name}"
            for flag in tool.commands[name].values():
                yield f"{title} {name} {dashed(flag)}{' VALUE' if flag.takes_value else ''}"
        for flag in tool.global_flags.values():
            yield f"{title} {dashed(flag)}{' VALUE' if flag.takes_value else ''} (global)"


def dashed(flag):
    return f"--{flag.name}" if len(flag.name) > 1 else f"-{flag.name}"


class LeftOut:
    """What quorate has not, deliberately: lines 'COMMAND OR FLAG #= difference' of left_out.list."""

    def __init__(self, path):
        lines = (line.strip() for line in path.read_text().splitlines())
        parts = (line.partition(" #= ") for line in lines if line and not line.startswith("#"))
        self._names = {name: excuse for name, _, excuse in parts}

    def has(self, title, name, flag=""):
        """TITLE '3.5 etcdctl v2'; a group stands for what is below it."""
        tool = title.partition(" ")[2]
        words = name.split()
        above = [" ".join([tool, *words[:n]]) for n in range(1, len(words) + 1)]
        return any(each in self._names for each in (*above, f"{tool} {name} {flag}", f"{tool} {flag}"))

    def excuses(self):
        return set(self._names.values())


def missing(run, left_out):
    """'3.6 etcdctl member list --consistency: missing' for what the program under test lacks."""
    for title, tool, api, real in surfaces(run):
        ours = Probe(run, tool, api)
        for name, flags in real.commands.items():
            if left_out.has(title, name):
                continue
            if not ours.accepts(name):
                yield f"{title} {name}: missing"
                continue
            # A shell is an operand here, as it is in etcdctl since 3.6.
            if not ours.lists(name) and not name.startswith("completion "):
                yield f"{title} {name}: not in the help"
            for flag in flags.values():
                if not left_out.has(title, name, dashed(flag)):
                    yield from ours.lack(f"{title} {name}", name, flag)
        for flag in real.global_flags.values():
            if not left_out.has(title, "", dashed(flag)):
                known_by = "ls" if api == "2" else "version" if tool == "etcdctl" else "snapshot status"
                yield from ours.lack(title, known_by, flag)


class Probe:
    """Asks the program under test, under the name of a tool, what it has."""

    def __init__(self, run, tool, api):
        self._command = run.link[tool]
        self._environment = run.environment(api=api)
        self._global_help = self._say("--help") + self._say("options")

    def _say(self, *words):
        return subprocess.run([*self._command, *words], env=self._environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=10, check=False).stdout

    def lists(self, name):
        """Whether the help of what is above the command has its last word."""
        *above, word = name.split()
        return re.search(rf"^\s+{word}(\s|,|$)", self._say(*above, "--help"), re.MULTILINE)

    def accepts(self, name, *words):
        """Whether the parser comes as far as the last flag, which nobody has."""
        return "no-such-flag" in self._say(*name.split(), *words, "--no-such-flag")

    def lack(self, title, name, flag):
        values = _VALUES if flag.takes_value else [()]
        if flag.name not in ("help", "version") and not any(
                self.accepts(name, dashed(flag), *value) for value in values):
            yield f"{title} {dashed(flag)}: missing"
        elif not re.search(rf"(^|[\s,]){dashed(flag)}\b", self._say(*name.split(), "--help") + self._global_help):
            yield f"{title} {dashed(flag)}: not in the help"


def untried(run, files, left_out):
    """What of the real tools no case of this version runs."""
    steps = [step for file in files if run.applies(file.settings) for scenario in file.scenarios
             if run.applies(scenario.settings) for step in scenario.steps if not step.by_real_tool]
    apis = {id(step): file.settings.get("servers") == "v2" for file in files
            for scenario in file.scenarios for step in scenario.steps}
    for title, tool, api, real in surfaces(run):
        tried = set()
        for step in steps:
            if step.tool == tool and apis[id(step)] == (api == "2"):
                tried |= used(real, step.words)
        for name, flags in real.commands.items():
            if left_out.has(title, name):
                continue
            if (name, "") not in tried:
                yield f"{title} {name}: no case"
                continue
            for flag in flags:
                if ((name, flag) not in tried and flag != "help"
                        and not left_out.has(title, name, dashed(flags[flag]))):
                    yield f"{title} {name} {dashed(flags[flag])}: no case"
        for flag in real.global_flags.values():
            if ("", flag.name) not in tried and not left_out.has(title, "", dashed(flag)):
                yield f"{title} {dashed(flag)} (global): no case"


def excuses(files, left_out):
    """Names of the README's differences that are passed over, in all cases or in one."""
    steps = [step for file in files for scenario in file.scenarios for step in scenario.steps]
    return {step.excuse for step in steps if step.excuse} | left_out.excuses() | set(result.EXCUSES)


def used(tool, words):
    """{(command, flag)}: what a command line uses of a tool; flag "" for the command itself."""
    command, flags = _command(tool, words)
    own = tool.commands.get(command, {})
    found = {(command, "")}
    for word in flags:
        for flag in (*own.values(), *tool.global_flags.values()):
            if word in (f"--{flag.name}", f"-{flag.name}") or (flag.letter and word == f"-{flag.letter}"):
                found.add((command, flag.name) if flag.name in own else ("", flag.name))
    if "--help" in flags or "-h" in flags:
        found.add(("", "help"))
    return found


def _command(tool, words):
    """The longest command that the plain words begin with, and the words that are flags."""
    plain, _ = _split(words, tool.global_flags)
    command = next((name for length in (3, 2, 1) if (name := " ".join(plain[:length])) in tool.commands), "")
    return command, _split(words, tool.global_flags | tool.commands.get(command, {}))[1]


def _split(words, flags):
    """Plain words, and names of flags as they are written, before a '--'."""
    takers = {word for flag in flags.values() if flag.takes_value
              for word in (f"--{flag.name}", f"-{flag.name}", flag.letter and f"-{flag.letter}")}
    plain, dashes = [], []
    words = iter(words)
    for word in words:
        if word == "--":
            break
        if word.startswith("-") and len(word) > 1:
            name, equals, _ = word.partition("=")
            dashes.append(name)
            if not equals and name in takers:
                next(words, None)
        else:
            plain.append(word)
    return plain, dashes

"""Runs the scenarios of a file with the real tool and with ours, and tells what differs.

The real tool and the two faces of quorate (as the link 'etcdctl', and as 'quorate WORD') each have
a directory to work in and, unless a scenario is one of reading only, a cluster of their own.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import time

import result
import servers

_STEP_TIMEOUT_S = 20
_SLOW_S = 2
_PLACEHOLDER = re.compile(r"\{(\w+)([+-]\d+)?\}")


@dataclasses.dataclass
class Face:
    """One of the programs that are compared."""

    name: str  # real, link, word
    programs: dict  # tool -> command line
    folder: pathlib.Path
    cluster: servers.Cluster | None = None
    captured: dict = dataclasses.field(default_factory=dict)


class Runner:
    """One version's tools against the program under test."""

    def __init__(self, etcd_folder, quorate, scratch):
        self.etcd_folder = pathlib.Path(etcd_folder)
        self.version = self.etcd_folder.name
        self.minor = ".".join(self.version.split(".")[:2])
        self.scratch = pathlib.Path(scratch)
        self.real = {tool: [str(self.etcd_folder / tool)] for tool in ("etcdctl", "etcdutl")}
        if not self.has("etcdctl"):
            raise FileNotFoundError(f"no etcdctl in '{etcd_folder}'")
        links = self.scratch / "links"
        links.mkdir(parents=True, exist_ok=True)
        for tool in self.real:
            (links / tool).symlink_to(quorate if quorate != "real" else self.real[tool][0])
        self.link = {tool: [str(links / tool)] for tool in self.real}
        self.word = {tool: [str(quorate)] for tool in self.real} if quorate != "real" else self.link
        self._words = self._own_words(quorate) if quorate != "real" else ()

    @staticmethod
    def _own_words(quorate):
        table = json.loads(subprocess.run([quorate, "help", "-w", "json"], check=True,
                                          stdout=subprocess.PIPE).stdout)
        return {command["name"] for command in table["commands"]} - {"help", "options", "version", "completion"}

    def has(self, tool):
        return os.access(self.real[tool][0], os.X_OK)

    def is_word(self, step):
        """Whether the program has the step's command under its own name, where help is its own."""
        plain = [word for word in step.words if not word.startswith("-")]
        return (step.tool == "etcdctl" and not {"--help", "-h"} & set(step.words)
                and any(" ".join(plain[:length]) in self._words for length in (1, 2)))

    def faces(self, folder):
        faces = []
        for name, programs in (("real", self.real), ("link", self.link), ("word", self.word)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            faces.append(Face(name, programs, folder / name))
        return faces

    def environment(self, face=None, api="3"):
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.scratch), "LC_ALL": "C.UTF-8",
                    "NO_COLOR": "1", "ETCDCTL_API": api, "QUORATE_COMPAT": self.minor,
                    "QUORATE_STATE": str(self.scratch / "state"),
                    "ASAN_OPTIONS": "detect_leaks=1"}
        if self.minor != "3.4" and api == "3":
            del settings["ETCDCTL_API"]  # 3.6 and later warn of it
        if face is not None and face.cluster is not None:
            settings["ETCDCTL_ENDPOINTS"] = face.cluster.endpoints
        return settings

    def applies(self, settings):
        """Whether a scenario or a file is for this version."""
        def number(text):
            return [int(part) for part in text.split(".")]

        minor = number(self.minor)
        if "since" in settings and minor < number(settings["since"]):
            return False
        if "until" in settings and minor > number(settings["until"]):
            return False
        return "only" not in settings or holds(self.version, settings["only"])


def holds(version, prefixes):
    """Whether VERSION starts, at a dot, with one of 'PREFIX,PREFIX...'; of no prefix with any."""
    return not prefixes or any(f"{version}.".startswith(f"{prefix}.") for prefix in prefixes.split(","))


def execute(step, programs, face, environment, known):
    """Runs one step where FACE is at home. KNOWN: what placeholders stand for."""
    def fill(text):
        return _PLACEHOLDER.sub(lambda found: _value(known, found), text)

    command = programs[step.tool] + [fill(word) for word in step.words]
    if any(word.startswith(("--endpoint", "--peers")) for word in step.words):
        # etcdctl refuses a flag whose variable is there, too.
        environment.pop("ETCDCTL_ENDPOINTS", None)
    environment = environment | {name: fill(value) for name, value in step.environment.items()}
    started = time.monotonic()
    process = subprocess.Popen(
        [os.fsencode(word.encode(errors="surrogateescape")) for word in command], env=environment,
        cwd=face.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True)
    try:
        if step.lines_wanted:
            done = _first_lines(process, step)
        else:
            stdin = fill(step.stdin).encode(errors="surrogateescape")
            out, err = process.communicate(stdin, _STEP_TIMEOUT_S)
            done = result.Result(_text(out), _text(err), process.returncode)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        done = result.Result(_text(out), _text(err) + f"\n(killed after {_STEP_TIMEOUT_S} s)", -9)
    if os.environ.get("CONFORMANCE_SLOW") and time.monotonic() - started > _SLOW_S:
        print(f"slow: {step.text} ({face.name}): {time.monotonic() - started:.1f} s")
    if step.capture:
        found = re.search(r"\b[0-9a-f]{10,16}\b", done.stdout)
        face.captured[step.capture] = found.group() if found else "none"
    return done


def _first_lines(process, step):
    """The lines that are wanted of a command which would go on."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(step.stdin.encode(errors="surrogateescape"))
        process.stdin.flush()
    seen = b""
    deadline = time.monotonic() + _STEP_TIMEOUT_S / 2
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while seen.count(b"\n") < step.lines_wanted and time.monotonic() < deadline:
            if selector.select(deadline - time.monotonic()):
                more = os.read(process.stdout.fileno(), 65536)
                if not more:
                    break
                seen += more
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.stdin = None
    _, err = process.communicate()
    lines = _text(seen).splitlines(keepends=True)[: step.lines_wanted]
    return result.Result("".join(lines), _text(err), None)


def _text(data):
    return data.decode(errors="backslashreplace")


def _value(known, found):
    name, offset = found.groups()
    if name not in known:
        return found.group()
    return str(int(known[name]) + int(offset)) if offset else str(known[name])

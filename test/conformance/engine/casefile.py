"""Reads the tables in cases/: scenarios of steps, each step one command line. README.md has the grammar."""

import codecs
import dataclasses
import itertools
import re
import shlex

_CAPTURE = re.compile(r"^([a-z]\w*): +")
_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]*=")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


@dataclasses.dataclass
class Step:
    line: int
    text: str  # as written, with its braces expanded
    tool: str = "etcdctl"
    words: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    by_real_tool: bool = False  # preparation, or a look at what a step has done
    capture: str = ""
    stdin: str = ""
    lines_wanted: int = 0  # of a command that does not end by itself
    excuse: str = ""  # the name of a difference in the README
    excused: tuple = ()  # what of the results may differ
    versions: str = ""  # for which the excuse holds


@dataclasses.dataclass
class Scenario:
    title: str
    line: int
    settings: dict
    steps: list


@dataclasses.dataclass
class CaseFile:
    path: str
    settings: dict
    scenarios: list


def load(path):
    """Every line of the file; ValueError names the line that says nothing."""
    file = CaseFile(str(path), {}, [])
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        try:
            _take(file, number, line)
        except ValueError as problem:
            raise ValueError(f"{path.name}:{number}: {problem}") from problem
    return file


def _take(file, number, line):
    if not line or line.startswith("#"):
        return
    if line.startswith("== "):
        title, settings = _settings(line[3:])
        file.scenarios.append(Scenario(title, number, settings, []))
    elif not file.scenarios and (found := re.match(r"(servers|tool|since|until|only) (\S+)$", line)):
        file.settings[found.group(1)] = found.group(2)
    elif file.scenarios:
        file.scenarios[-1].steps += [parse_step(number, text, file.settings.get("tool", "etcdctl"))
                                     for text in _expand(line)]
    else:
        raise ValueError("a step in front of the first scenario")


def _settings(text):
    """'title since=3.5 same-cluster' -> title and settings."""
    settings = {}
    while found := re.search(r" +\[([a-z-]+)(?: ([^\]]*))?\]$", text):
        settings[found.group(1)] = found.group(2) or "yes"
        text = text[: found.start()]
    return text, settings


def _expand(line):
    """'get -w {json,fields}' -> both lines. {rev} and the like have no comma and stay."""
    parts = _BRACES.split(line)
    choices = [[part] if i % 2 == 0 else part.split(",") for i, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def parse_step(number, text, tool="etcdctl"):
    """One line, braces expanded already."""
    step = Step(number, text, tool)
    text, _, excuse = text.partition(" #= ")
    if excuse:
        excuse, _, step.versions = excuse.partition(" @")
        step.excuse, _, parts = excuse.partition(": ")
        step.excused = tuple(parts.split(",")) if parts else ("stdout", "stderr", "exit")
    if text.startswith("real "):
        step.by_real_tool = True
        text = text[5:]
    if found := _CAPTURE.match(text):
        step.capture = found.group(1)
        text = text[found.end():]
    if found := re.search(r" \| head (\d+)$", text):
        step.lines_wanted = int(found.group(1))
        text = text[: found.start()]
    text, _, stdin = text.partition(" < ")
    words = [_decode(word) for word in shlex.split(text)]
    if stdin:
        (step.stdin,) = (_decode(word) for word in shlex.split(stdin))
    while words and _VARIABLE.match(words[0]):
        name, _, step.environment[name] = words.pop(0).partition("=")
    if words and words[0] in ("etcdctl", "etcdutl"):
        step.tool = words.pop(0)
    step.words = words
    return step


def _decode(word):
    r"""\n, \x00 and the like, in any word; bytes beyond ASCII travel as surrogates."""
    if "\\" not in word:
        return word
    return codecs.escape_decode(word.encode())[0].decode(errors="surrogateescape")

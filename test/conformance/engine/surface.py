"""What a real etcdctl or etcdutl offers, read from its own help.

Three layouts of help exist: etcdctl's own until 3.6 (COMMANDS:, OPTIONS:), cobra's (Available
Commands:, Flags:), and that of etcdctl's version 2 interface (COMMANDS:, GLOBAL OPTIONS:).
"""

import dataclasses
import re
import subprocess

_COMMANDS = re.compile(r"^(COMMANDS:|[A-Z][\w -]* [Cc]ommands:?)$")
_FLAGS = re.compile(r"^(OPTIONS:|Flags:)$")
_GLOBAL_FLAGS = re.compile(r"^(GLOBAL OPTIONS:|Global Flags:|.*can be passed to any command:)$")
_COMMAND = re.compile(r"^\s+([a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*)(?:, [a-z])?\s+\S")
# Before the description come two blanks or a tab.
_FLAG = re.compile(r"^\s+(-\S.*?)(?:\s{2,}|\t|$)")


@dataclasses.dataclass(frozen=True)
class Flag:
    name: str
    letter: str
    takes_value: bool


class Surface:
    """The commands of one tool, each with the flags it has beside the global ones."""

    def __init__(self, program, environment):
        self._program = program
        self._environment = environment
        self.commands = {}  # "member add" -> {name: Flag}
        self.groups = set()  # "member": what has commands below it
        root, flags, more = _sections(self._help("--help"))
        self.global_flags = flags | more | _sections(self._help("options"))[2]
        for name in root:
            self._walk(name)

    def _help(self, *words):
        return subprocess.run([self._program, *words], env=self._environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, check=False).stdout

    def _walk(self, name):
        below, flags, inherited = _sections(self._help(*name.split(), "--help"))
        flags |= {flag: what for flag, what in inherited.items() if flag not in self.global_flags}
        if below:
            self.groups.add(name)
        else:
            self.commands[name] = flags
        for word in below:
            self._walk(f"{name} {word}")


def _sections(text):
    """Words, flags and inherited flags that a page of help lists."""
    words, flags, inherited = [], {}, {}
    section = None
    for line in text.splitlines():
        if line and not line[0].isspace():
            section = (words if _COMMANDS.match(line) else flags if _FLAGS.match(line)
                       else inherited if _GLOBAL_FLAGS.match(line) else None)
        elif section is words and (found := _COMMAND.match(line)):
            words.append(found.group(1))
        elif section is not None and section is not words and (found := _FLAG.match(line)):
            flag = _flag(found.group(1))
            section[flag.name] = flag
    return words, flags, inherited


def _flag(text):
    """One of '-w, --write-out="simple"', '-i, --interactive', '--rev int', '--output simple, -o simple'."""
    names = re.findall(r"(?:^|, )--?([\w-]+)", text)
    name = max(names, key=len)
    letter = min(names, key=len) if len(names) > 1 or len(name) == 1 else ""
    # A default in square brackets is that of a flag without value: '--prefix[=false]'.
    takes_value = bool(re.search(r'=(?:"|\d|\[)|[\w-] \w+(?:,|$)', text)) and "[=" not in text
    return Flag(name, letter, takes_value)

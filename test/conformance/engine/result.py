"""What a command did, and what of it two programs must have in common."""

import dataclasses
import difflib
import re

# What two runs of one program differ in, too: times, ids made of times, and where a server listens.
_MASKS = (
    (r"took(:? ?=? ?)[0-9.]+(ns|µs|ms|s)\b", r"took\1T"),
    (r"\b[0-9.]+(ns|µs|ms)\b", "T"),
    (r'"took":"[^"]*"', '"took":"T"'),
    (r'"error":"[^"]+"', '"error":"TEXT"'),
    (r'"Took" : .*', '"Took" : T'),
    # What is left of a lease: a second may pass anywhere.
    (r"remaining\(\d+s\)", "remaining(T)"),
    (r'("granted-ttl":\d+),"ttl":\d+|"ttl":\d+,("granted-ttl":\d+)', r'\1\2,"ttl":T'),
    (r'^"TTL" : \d+', '"TTL" : T'),
    # Servers go down to the version that was enabled at their next look around.
    (r"^(Downgrade cancel success, cluster version) \d\.\d+", r"\1 VERSION"),
    # The server's timer frees pages: between two questions, with no revision of its own.
    (r'("dbSizeInUse"|"DBSizeInUse" ):( ?)\d+', r'\1:\2N'),
    # Debian draws tables as the newest version does, upstream's 3.5 and 3.6 in ASCII.
    (r"[┌┬┐├┼┤└┴┘]", "+"), ("─", "-"), ("│", "|"),
    (r"127\.0\.0\.1:[1-3]\d{4}\b", "127.0.0.1:PORT"),
)

# What is passed over everywhere, by its name in the README's table of differences.
EXCUSES = ("help texts", "usage errors", "error texts", "log lines")

_LOG_LINE = re.compile(r'^(streaming from |\{"level":"(debug|info|warn)"|\d{4}[-/]\d\d[-/]\d\d[T ]\S+\s)')
_HELP = re.compile(r"^(Usage|USAGE|The .* any command|.*every command.*):$", re.MULTILINE)
_USAGE = re.compile(r"^(Usage|USAGE):", re.MULTILINE)
_ERROR = re.compile(r'^(Error:?|error:|Incorrect Usage|Failed to get |\{"error":)', re.MULTILINE)


@dataclasses.dataclass
class Result:
    stdout: str
    stderr: str
    status: int | None  # None: ended by us, when it had said what was wanted

    def shown(self):
        """Standard output, but of a help only that it is one, and of the help behind an error nothing."""
        if not _HELP.search(self.stdout):
            return self.stdout
        return "" if self.status else "(help)\n"

    def stderr_class(self):
        """'empty', 'error', 'usage' or 'text'; log lines of a client library are not counted."""
        left = "\n".join(line for line in self.stderr.splitlines() if not _LOG_LINE.match(line)).strip()
        if not left:
            return "empty"
        if self.status or _ERROR.search(left):
            return "error"
        return "usage" if _USAGE.search(left) else "text"

    def differences(self, other, known_ids, more_masks=(), excused=()):
        """Lines that say in what OTHER, ours, differs from this, the real one's."""
        lines = []
        mine, its = (mask(each.shown(), known_ids, more_masks) for each in (self, other))
        if mine != its and "stdout" not in excused:
            lines += list(difflib.unified_diff(mine.splitlines(), its.splitlines(), "stdout of etcd's",
                                               "stdout of ours", "", "", 1, ""))
            if not lines:
                lines.append(f"stdout: {mine[-80:]!r}, ours {its[-80:]!r}")
        if self.stderr_class() != other.stderr_class() and "stderr" not in excused:
            lines += [f"stderr: {self.stderr_class()}, ours {other.stderr_class()}",
                      f"  {_shorten(self.stderr)}", f"  {_shorten(other.stderr)}"]
        if self.status != other.status and "exit" not in excused:
            lines += [f"exit: {self.status}, ours {other.status}", f"  {_shorten(self.stderr)}",
                      f"  {_shorten(other.stderr)}"]
        if other.status is not None and other.status < 0:
            lines.append(f"ended by signal {-other.status}")
        return lines


def mask(text, known_ids, more_masks):
    """KNOWN_IDS (hex) are those that all have in common; others were made for one run."""
    for pattern, replacement in (*_MASKS, *more_masks):
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    if re.search(r"\| +TOOK", text):
        text = re.sub("-+", "-", re.sub(" +", " ", text))  # as wide as the slowest answer was long
    numbers = {str(int(each, 16)) for each in known_ids}
    text = re.sub(r"\b[0-9a-f]{13,16}\b",
                  lambda found: found.group() if found.group() in known_ids else "ID", text)
    text = re.sub(r"(?<![\w.-])-?\d{18,20}\b",
                  lambda found: found.group() if found.group() in numbers else "ID", text)
    # Members are listed by id, and a new one's id is chance.
    text = re.sub(r"(?:^\w+, (?:un)?started, .*\n)+",
                  lambda found: "".join(sorted(found.group().splitlines(True))), text, flags=re.MULTILINE)
    return re.sub(r'(?<=^ETCD_INITIAL_CLUSTER=").*(?=")',
                  lambda found: ",".join(sorted(found.group().split(","))), text, flags=re.MULTILINE)


def _shorten(text):
    lines = [line for line in text.splitlines() if line and not _LOG_LINE.match(line)]
    return " / ".join(lines)[:200] or "(nothing)"

"""C sources as the checkers see them: our files, and their text without comments and literals."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The first alternative that matches at a place wins, so that a quote in a comment, a comment sign
# in a string and a quote as a character constant are each taken for what they are.
_COMMENT_OR_LITERAL = re.compile(
    r"""/\*.*?(?:\*/|\Z) | //(?:\\\n|[^\n])* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE,
)


def files(root, *patterns):
    """The files below root/src whose names match, sorted, as paths relative to root/src."""
    src = pathlib.Path(root) / "src"
    found = {path.relative_to(src) for pattern in patterns for path in src.rglob(pattern)}
    return sorted(found)


def read(root, path):
    return (pathlib.Path(root) / "src" / path).read_text(encoding="utf-8", errors="replace")


def code_only(text):
    """The text with comments and literals blanked; every line keeps its number."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return _COMMENT_OR_LITERAL.sub(blank, text)

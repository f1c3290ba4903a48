"""What every rule needs: the files, their code without comments and strings, their includes."""

import dataclasses
import functools
import pathlib
import re

SUFFIXES = (".hpp", ".cpp", ".py")

_LEXEMES = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>\bu?8?[uUL]?R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)")
      | (?P<include>^[ \t]*\#[ \t]*include[ \t]*[<"][^>"\n]+[>"])
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


@dataclasses.dataclass(frozen=True)
class Breach:
    path: str  # relative to the root
    line: int
    text: str
    fatal: bool = True

    def __str__(self):
        return f"{self.path}:{self.line}: {'' if self.fatal else 'note: '}{self.text}"


def _blank(match):
    keep = match.group("include")
    return keep if keep else re.sub(r"[^\n]", " ", match.group())


class Source:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")

    @functools.cached_property
    def code(self):
        """The text with comments, strings and characters blanked; lines keep their numbers."""
        return _LEXEMES.sub(_blank, self.text)

    @functools.cached_property
    def includes(self):
        """(line, what stands between the brackets) of each #include that is not in a comment."""
        found = re.finditer(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', self.code, re.MULTILINE)
        return [(self.line_of(match.start(1)), match.group(1)) for match in found]

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def within(self, *folders):
        return any(self.path.startswith(folder + "/") for folder in folders)


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        files = [
            path
            for folder in ("framework", "services", "tests")
            for path in sorted((self.root / folder).rglob("*"))
            if path.suffix in SUFFIXES and path.is_file()
        ]
        self.sources = [Source(self.root, path) for path in files]
        self.by_path = {source.path: source for source in self.sources}

    def cpp(self, *folders):
        return [
            source
            for source in self.sources
            if not source.path.endswith(".py") and source.within(*folders)
        ]

    def public_headers(self):
        return [
            source
            for source in self.cpp("framework/troika")
            if source.path.endswith(".hpp") and "/detail/" not in source.path
        ]

"""Size of files, mirrored tests, and that nothing lies in the tree without being built."""

import pathlib
import re

from tree import Breach

SOFT_LINES = 300
HARD_LINES = 400


def line_budget(tree):
    for source in tree.sources:
        lines = source.text.count("\n")
        if lines > SOFT_LINES:
            text = f"{lines} lines; {HARD_LINES} is the limit, {SOFT_LINES} the aim: split it"
            yield Breach(source.path, lines, text, fatal=lines > HARD_LINES)


def mirrored_tests(tree):
    for source in tree.cpp("framework/troika"):
        if not source.path.endswith(".cpp"):
            continue
        below = source.path.removeprefix("framework/troika/").removesuffix(".cpp")
        test = f"tests/unit/{below}_test.cpp"
        if test not in tree.by_path:
            yield Breach(source.path, 1, f"has no unit test: {test} is missing")


def _lists_above(tree, path):
    """(folder, text without comments) of each CMakeLists.txt from the file's folder upwards."""
    for folder in (tree.root / path).parents:
        lists = folder / "CMakeLists.txt"
        if lists.is_file():
            yield folder, re.sub(r"#[^\n]*", "", lists.read_text(encoding="utf-8"))
        if folder == tree.root:
            return


def everything_is_built(tree):
    for source in tree.cpp("framework", "services", "tests"):
        if not source.path.endswith(".cpp") or "/compile_fail/" in source.path:
            continue
        name = re.escape(pathlib.PurePosixPath(source.path).stem)
        if not any(re.search(rf"\b{name}\b", text) for _, text in _lists_above(tree, source.path)):
            yield Breach(source.path, 1, "stands in no CMakeLists.txt, so nobody builds it")


def public_headers_are_listed(tree):
    for header in tree.public_headers():
        listed = False
        for folder, text in _lists_above(tree, header.path):
            text = re.sub(r"\bSOURCES\b[^)]*?(?=\bHEADERS\b|\))", "", text)
            relative = (tree.root / header.path).relative_to(folder).as_posix()
            listed = listed or relative in re.split(r"[\s()]+", text)
        if not listed:
            text = "a public header that no CMakeLists.txt lists under HEADERS (or move it to detail/)"
            yield Breach(header.path, 1, text)

"""Words and shapes that are never right, or only in the files that exceptions.txt names."""

import re

from tree import Breach

HEADERS = re.compile(r"\.hpp$")
ALL = ("framework", "services", "tests")

# name, folders, file name pattern, what to look for in the code, what to do instead
WORDS = (
    ("detached", ALL, None, r"\bdetached\b", "spawn through a TaskGroup, which joins"),
    ("catch-all", ("framework", "services"), None, r"\bcatch\s*\(\s*\.\.\.\s*\)",
     "exceptions stop at the boundaries only; catch what you can name"),
    ("cout", ALL, None, r"\bstd::cout\b", "log, or std::fputs where the output is the product"),
    ("using-namespace", ALL, HEADERS, r"\busing\s+namespace\b", "qualify names in headers"),
    ("sleeping", ("framework", "tests/unit", "tests/integration"), None,
     r"\bthis_thread::sleep|\b(?:usleep|nanosleep)\s*\(|(?<![\w.>])sleep\s*\(",
     "wait for an event: a gate, a pipe's end, the virtual clock"),
    ("wait-for-any-child", ALL, None, r"\bwaitpid\s*\(\s*-\s*1\b|\bwait\s*\(\s*(?:nullptr|NULL|0)\s*\)",
     "wait for your own children, by pidfd or pid"),
)
OPEN_END = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def banned_words(tree):
    for name, folders, file_pattern, pattern, instead in WORDS:
        for source in tree.cpp(*folders):
            if file_pattern and not file_pattern.search(source.path):
                continue
            for match in re.finditer(pattern, source.code):
                text = f"[{name}] '{match.group().strip()}': {instead}"
                yield Breach(source.path, source.line_of(match.start()), text)
    for source in tree.cpp(*ALL):
        for match in OPEN_END.finditer(source.text):
            text = f"[open-end] '{match.group()}': finish it, or describe the limit in words"
            yield Breach(source.path, source.line_of(match.start()), text)

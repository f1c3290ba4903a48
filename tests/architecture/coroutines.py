"""What GCC 12 miscompiles: temporaries of a co_await expression that are destroyed twice.

One co_await per statement, its arguments named locals: no braced list, lambda or ?: beside it. The
condition of a loop may declare a variable from it, but not be it.
"""

import re

from tree import Breach

AWAIT = re.compile(r"(?<!operator )\bco_await\b")
BARE_CONDITION = re.compile(r"\bwhile\s*\(\s*!?\s*$")


def _statement_end(code, start):
    """(end of the statement, reason it is refused or None), scanning from behind a co_await."""
    parens = braces = 0
    for offset in range(start, len(code)):
        char = code[offset]
        if char == "(":
            parens += 1
        elif char == ")":
            parens -= 1
        elif char == "{":
            opens_block = parens < 0 and code[start:offset].rstrip().endswith(")")
            if braces == 0 and opens_block:
                return offset, None
            return offset, "a braced list or a lambda in the same statement"
        elif char == "}":
            return offset, "it stands inside a braced list"
        elif char == "?":
            return offset, "?: in the same statement"
        elif char == ";":
            return offset, None
        elif char == "c" and AWAIT.match(code, offset):
            return offset, "a second co_await in the same statement"
    return len(code), None


def _before(code, start):
    """A reason found between the beginning of the statement and its co_await, or None."""
    if BARE_CONDITION.search(code, max(0, start - 40), start):
        return "the bare condition of a loop"
    begin = max(code.rfind(mark, 0, start) for mark in ";{}")
    between = code[begin + 1 : start]
    if "?" in between:
        return "?: in the same statement"
    if begin >= 0 and code[begin] == "}" and between.lstrip()[:1] in (".", ",", ")"):
        return "a braced list or a lambda in the same statement"
    return None


def coroutine_statements(tree):
    for source in tree.cpp("framework", "services", "tests"):
        for match in AWAIT.finditer(source.code):
            _, reason = _statement_end(source.code, match.end())
            reason = reason or _before(source.code, match.start())
            if reason:
                text = f"co_await: {reason} (GCC 12 destroys temporaries twice); name it first"
                yield Breach(source.path, source.line_of(match.start()), text)

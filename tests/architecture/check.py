#!/usr/bin/env python3
"""check.py ROOT [RULE...]: the rules of the tree; prints each breach as file:line, exit 1 if any.

exceptions.txt names the places where a rule does not hold, each with its reason.
"""

import fnmatch
import pathlib
import sys

import coroutines
import files
import layers
import words
from tree import Tree

RULES = {
    "layering": layers.layering,
    "details stay private": layers.private_details,
    "public headers are light": layers.public_headers_are_light,
    "public headers are listed": files.public_headers_are_listed,
    "banned words": words.banned_words,
    "co_await statements": coroutines.coroutine_statements,
    "line budget": files.line_budget,
    "mirrored unit tests": files.mirrored_tests,
    "everything is built": files.everything_is_built,
}


def read_exceptions(root):
    """[(rule, path pattern, part of the message)] from lines "rule | path | part | reason"."""
    file = pathlib.Path(root) / "tests/architecture/exceptions.txt"
    exceptions = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 4 or parts[0] not in RULES or not parts[3]:
            sys.exit(f"{file}:{number}: expected 'rule | path | part of the message | reason'")
        exceptions.append(tuple(parts[:3]))
    return exceptions


def breaches(tree, rule, exceptions):
    for breach in RULES[rule](tree):
        if not any(
            rule == name and fnmatch.fnmatch(breach.path, path) and part in breach.text
            for name, path, part in exceptions
        ):
            yield breach


def main(arguments):
    if not arguments or any(rule not in RULES for rule in arguments[1:]):
        print(__doc__, "\nRules:", ", ".join(RULES), file=sys.stderr)
        return 2
    tree = Tree(arguments[0])
    if not tree.sources:
        print(f"{arguments[0]}: no sources below framework/, services/ or tests/", file=sys.stderr)
        return 2
    exceptions = read_exceptions(tree.root)
    fatal = 0
    for rule in arguments[1:] or RULES:
        for breach in breaches(tree, rule, exceptions):
            print(f"{breach}  [{rule}]")
            fatal += breach.fatal
    print(f"architecture: {len(tree.sources)} files, {fatal} breaches")
    return 1 if fatal else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""readme_check.py README TEST: each cpp block of README is a marked snippet of TEST, word for word.

A snippet stands between "// [snippet: name]" and "// [end]"; its indentation does not count.
--write puts the snippets of TEST into README, below the comment that names each.
"""

import re
import sys
import textwrap

MARKED = re.compile(r"^[ \t]*// \[snippet: (\w+)\]\n(.*?)^[ \t]*// \[end\]\n", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"(?:<!-- (\w+) -->\n)?```cpp\n(.*?)```\n", re.DOTALL)


def main(arguments):
    write = "--write" in arguments
    readme_path, test_path = [a for a in arguments if a != "--write"]
    with open(test_path, encoding="utf-8") as file:
        snippets = {name: textwrap.dedent(text) for name, text in MARKED.findall(file.read())}
    with open(readme_path, encoding="utf-8") as file:
        readme = file.read()
    if write:
        fill = lambda match: f"<!-- {match[1]} -->\n```cpp\n{snippets[match[1]]}```\n"
        readme = BLOCK.sub(fill, readme)
        with open(readme_path, "w", encoding="utf-8") as file:
            file.write(readme)
    wrong, used = [], set()
    for name, text in BLOCK.findall(readme):
        used.add(name)
        if name not in snippets:
            wrong.append(f"a block that names no snippet ('{name}'): {text.splitlines()[0]}")
        elif snippets[name] != text:
            wrong.append(f"'{name}' differs from {test_path}")
    wrong += [f"'{name}' is not shown" for name in snippets if name not in used]
    for line in wrong:
        print(f"{readme_path}: {line}")
    print(f"{len(snippets)} snippets, {len(wrong)} wrong")
    return 1 if wrong or not snippets else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

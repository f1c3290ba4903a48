"""What a service author waits for: the compiler."""

import json
import os
import pathlib
import resource
import shlex
import subprocess

from process import Unavailable
from row import Row


def _command(build, source):
    """The compiler's own command for this source, without cache and precompiled header."""
    commands = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    entry = next((one for one in commands if one["file"].endswith(source)), None)
    if entry is None:
        raise Unavailable(f"{build} does not build {source}")
    words = shlex.split(entry["command"])
    while words and "++" not in os.path.basename(words[0]):
        words.pop(0)  # cmake -E env, ccache
    kept, skip = [], False
    for word in words:
        if skip or word in ("-include", "-o", "-MT", "-MF", "-MD", "-Winvalid-pch"):
            skip = not skip and word in ("-include", "-o", "-MT", "-MF")
            continue
        kept.append(word)
    return [*kept, "-o", "/dev/null"], entry["directory"]


def handler_compile(bench):
    """CPU seconds to compile the smallest service and the flagship's routes, no cache, no PCH"""
    for source in ("services/hello/hello.cpp", "services/archive/document_routes.cpp"):
        command, folder = _command(bench.build, source)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        yield Row(f"compile {os.path.basename(source)}", after.ru_utime - before.ru_utime
                  + after.ru_stime - before.ru_stime, "s", target=4)

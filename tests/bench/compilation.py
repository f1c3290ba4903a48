"""What a service author waits for: the compiler."""

import contextlib
import json
import os
import pathlib
import resource
import shlex
import subprocess
import tempfile
import time

from row import Row

SOURCE = pathlib.Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def _configured(*options):
    """A build folder of its own, with an empty cache, that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="troika-compilation-") as folder:
        build = pathlib.Path(folder, "build")
        subprocess.run(["cmake", "--preset", "release", "-B", build, *options], cwd=SOURCE, check=True,
                       stdout=subprocess.DEVNULL)
        yield build, {**os.environ, "CCACHE_DIR": f"{folder}/ccache"}


def _command(build, source):
    """The compiler's own command for this source."""
    commands = json.loads((build / "compile_commands.json").read_text())
    entry = next(one for one in commands if one["file"].endswith(source))
    words = shlex.split(entry["command"])
    while "++" not in os.path.basename(words[0]):
        words.pop(0)  # the launcher and ccache
    words[words.index("-o") + 1] = "/dev/null"
    return words, entry["directory"]


def handler_compile(bench):
    """CPU seconds to compile the smallest service and the flagship's routes, no cache, no PCH"""
    with _configured("-DTROIKA_UNITY=OFF", "-DTROIKA_USE_PCH=OFF", "-DTROIKA_BUILD_TESTS=OFF",
                     "-DTROIKA_BUILD_BENCH=OFF") as (build, _):
        for source in ("services/hello/hello.cpp", "services/archive/document_routes.cpp"):
            command, folder = _command(build, source)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, cwd=folder, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            yield Row(f"compile {os.path.basename(source)}", after.ru_utime - before.ru_utime
                      + after.ru_stime - before.ru_stime, "s", target=4)


def whole_tree(bench):
    """seconds to build everything there is from nothing by two jobs: five minutes, so only where it is named"""
    with _configured("-DTROIKA_BUILD_TESTS=ON") as (build, environment):
        begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["cmake", "--build", build, "-j", "2"], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
        seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        yield Row("the whole tree, cold, -j 2", seconds, "s", target=300, note=f"{cpu:.0f} s of CPU")


whole_tree.only_where_named = True

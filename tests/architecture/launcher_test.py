"""framework/cmake/compile_cached.sh: clones share objects, and none comes from the cache that is wrong."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

LAUNCHER = pathlib.Path(__file__).resolve().parents[2] / "framework/cmake/compile_cached.sh"
COMPILER = os.environ.get("CXX", "g++")


class Tree:
    """A tree with a precompiled header and a unity source, as CMake lays them out."""

    def __init__(self, folder, cache):
        self.root, self.build = folder, folder / "build"
        self.environment = {**os.environ, "CCACHE_DIR": str(cache)}
        (self.build / "Unity").mkdir(parents=True)
        self.header = self.build / "cmake_pch.hxx"
        self.unity = self.build / "Unity/unity_0_cxx.cxx"
        self.write(self.header, "inline int of_header() { return 1; }\n")
        self.write(folder / "a.cpp", "int answer() { return of_header() * 10 + N; }\n")
        self.write(self.unity, f'#include "{folder}/a.cpp"\n')
        self.write(self.build / "main.cpp", '#include <cstdio>\nint answer();\nint main() { std::printf("%d", answer()); }\n')

    @staticmethod
    def write(path, text):
        path.write_text(text)
        os.utime(path, (1, 1))  # ccache leaves out what was written in the second of the compilation

    def command(self, *arguments, cached=True):
        launcher = [LAUNCHER, self.root, "ccache"] if cached else []
        return [str(word) for word in (*launcher, COMPILER, "-fpch-preprocess", *arguments)]

    def run(self, command):
        subprocess.run(command, cwd=self.build, env=self.environment, check=True)

    def precompile(self, **options):
        gch = f"{self.header}.gch"
        self.run(self.command("-x", "c++-header", "-MD", "-MF", "pch.d", "-o", gch, "-c", self.header, **options))

    def unity_command(self, number, out="unity.o"):
        return self.command(f"-DN={number}", "-include", self.header, "-MD", "-MF", f"{out}.d", "-o", out, "-c", self.unity)

    def answer(self, number):
        self.run(self.unity_command(number))
        self.run([COMPILER, "main.cpp", "unity.o", "-o", "program"])
        return subprocess.run(["./program"], cwd=self.build, check=True, capture_output=True, text=True).stdout

    def hits(self):
        text = subprocess.run(["ccache", "--print-stats"], env=self.environment, check=True, capture_output=True,
                              text=True).stdout
        return sum(int(line.split()[1]) for line in text.splitlines()
                   if line.split()[0] in ("direct_cache_hit", "preprocessed_cache_hit"))


class LauncherTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troika-launcher-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def tree(self, name="a"):
        return Tree(self.folder / name, self.folder / "cache")

    def test_another_clone_finds_the_same_objects(self):
        first, second = self.tree("first"), self.tree("the second one")
        first.precompile()
        self.assertEqual(first.answer(2), "12")
        self.assertEqual(first.hits(), 0)
        second.precompile()
        self.assertEqual(second.answer(2), "12")
        self.assertEqual(second.hits(), 2)  # the header and the source

    def test_another_header_or_source_is_another_object(self):
        tree = self.tree()
        tree.precompile()
        self.assertEqual(tree.answer(2), "12")
        tree.write(tree.header, "inline int of_header() { return 3; }\n")
        tree.precompile()
        self.assertEqual(tree.answer(2), "32")
        tree.write(tree.root / "a.cpp", "int answer() { return of_header() * 100 + N; }\n")
        self.assertEqual(tree.answer(2), "302")

    def test_a_header_precompiled_without_the_launcher_is_not_taken_for_an_earlier_one(self):
        tree = self.tree()
        tree.precompile()
        self.assertEqual(tree.answer(2), "12")
        tree.write(tree.header, "inline int of_header() { return 3; }\n")
        tree.precompile(cached=False)
        self.assertEqual(tree.answer(2), "32")

    def test_two_builds_at_once_leave_no_empty_object_in_the_cache(self):
        tree = self.tree()
        tree.precompile()
        for number in range(50):
            both = []
            for i in range(2):
                time.sleep(i * number / 1000)  # the second one at each moment of the first one
                both.append(subprocess.Popen(tree.unity_command(number, f"unity{i}.o"), cwd=tree.build,
                                             env=tree.environment))
            self.assertEqual([one.wait() for one in both], [0, 0])
            for i in range(2):
                self.assertIn(b"answer", (tree.build / f"unity{i}.o").read_bytes())

    def test_two_precompilations_at_once_succeed(self):
        tree = self.tree()
        for _ in range(10):
            gch = f"{tree.header}.gch"
            command = tree.command("-x", "c++-header", "-MD", "-MF", "pch.d", "-o", gch, "-c", tree.header)
            both = [subprocess.Popen(command, cwd=tree.build, env=tree.environment) for _ in range(2)]
            self.assertEqual([one.wait() for one in both], [0, 0])


if __name__ == "__main__":
    if shutil.which("ccache") is None:
        print("skipped: no ccache here")
        sys.exit(77)
    unittest.main()

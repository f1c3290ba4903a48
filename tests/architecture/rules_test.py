#!/usr/bin/env python3
"""Each rule against a small tree with one breach in it, and against its nearest innocent neighbour."""

import pathlib
import tempfile
import unittest

import check
from tree import Tree

BASE = "framework/troika/base/a.hpp"
ASYNC = "framework/troika/async/a.hpp"
HTTP = "framework/troika/http/server/a.cpp"

# rule, what it should say a part of (None: nothing), {path: content}
CASES = [
    ("layering", "base may not include async", {BASE: "#include <troika/async/task.hpp>\n"}),
    ("layering", "http/server may not include http/client",
     {HTTP: "#include <troika/http/client/client.hpp>\n"}),
    ("layering", "http/server may not include workers",
     {HTTP: "\n#include <troika/workers/process_pool.hpp>\n"}),
    ("layering", "http/server may not include config", {HTTP: "#include <troika/config/a.hpp>\n"}),
    ("layering", "async may not include http/handler",
     {ASYNC: '#include "troika/http/handler.hpp"\n'}),
    ("layering", "async may not include what is in no layer", {ASYNC: "#include <troika/base2/x/a.hpp>\n"}),
    ("layering", "no layer", {"framework/troika/misc/a.cpp": "\n"}),
    ("layering", "may not include <boost/beast", {ASYNC: "#include <boost/beast/core.hpp>\n"}),
    ("layering", None, {HTTP: "#include <troika/http/handler.hpp>\n#include <boost/beast/http.hpp>\n"}),
    ("layering", None, {BASE: "// #include <troika/async/task.hpp>\n/*\n#include <troika/app/a.hpp>*/\n"}),
    ("layering", None, {"framework/troika/app/a.cpp": "#include <troika/workers/a.hpp>\n"}),
    ("details stay private", "private to async",
     {HTTP: "#include <troika/async/detail/heap.hpp>\n"}),
    ("details stay private", "private to async",
     {"services/probe/a.cpp": "#include <troika/async/detail/heap.hpp>\n"}),
    ("details stay private", None, {HTTP: "#include <troika/http/detail/ascii.hpp>\n"}),
    ("details stay private", None,
     {"tests/unit/async/a_test.cpp": "#include <troika/async/detail/heap.hpp>\n"}),
    ("public headers are light", "<boost/asio.hpp>", {ASYNC: "#include <boost/asio.hpp>\n"}),
    ("public headers are light", "<nlohmann/json.hpp>", {BASE: "#include <nlohmann/json.hpp>\n"}),
    ("public headers are light", "through troika/async/detail/b.hpp",
     {ASYNC: "#include <troika/async/detail/b.hpp>\n",
      "framework/troika/async/detail/b.hpp": "#include <boost/asio/post.hpp>\n"}),
    ("public headers are light", None,
     {BASE: "#include <nlohmann/json_fwd.hpp>\n", HTTP: "#include <boost/asio.hpp>\n"}),
    ("public headers are listed", "no CMakeLists.txt lists",
     {BASE: "", "framework/troika/base/CMakeLists.txt": "troika_sources(HEADERS b.hpp SOURCES a.hpp)"}),
    ("public headers are listed", "no CMakeLists.txt lists",
     {BASE: "", "framework/troika/base/CMakeLists.txt": "troika_sources(HEADERS # a.hpp\n)"}),
    ("public headers are listed", None,
     {BASE: "", "framework/troika/base/CMakeLists.txt": "troika_sources(SOURCES b.cpp HEADERS a.hpp)"}),
    ("public headers are listed", None, {"framework/troika/base/detail/a.hpp": ""}),
    ("banned words", "[detached]", {HTTP: "co_spawn(loop, f(), asio::detached);\n"}),
    ("banned words", "[catch-all]", {HTTP: "try { f(); } catch ( ... ) {}\n"}),
    ("banned words", "[cout]", {"tests/bench/a.cpp": "std::cout << 1;\n"}),
    ("banned words", "[using-namespace]", {BASE: "using namespace std;\n"}),
    ("banned words", "[sleeping]", {"tests/unit/a_test.cpp": "std::this_thread::sleep_for(1s);\n"}),
    ("banned words", "[sleeping]", {"tests/integration/a_test.cpp": "::usleep(5);\n"}),
    ("banned words", "[sleeping]", {"tests/integration/a_test.cpp": "::sleep(5);\n"}),
    ("banned words", "[wait-for-any-child]", {HTTP: "::waitpid(-1, &status, 0);\n"}),
    ("banned words", "[open-end]", {HTTP: "// TO" "DO later\n"}),
    ("banned words", None,
     {HTTP: '// detached, std::cout\nlog("catch (...) std::cout"); auto c = R"(asio::detached)";\n',
      "tests/unit/a_test.cpp": "using namespace std;\ngroup.spawn(sleep_for(5s));\nwait(&gate);\n"}),
    ("co_await statements", "braced list", {HTTP: "co_await Adapter{call()};\n"}),
    ("co_await statements", "braced list", {HTTP: "auto x = co_await f(g, Options{.a = 1});\n"}),
    ("co_await statements", "braced list", {HTTP: "f(g(co_await x), Bar{1});\n"}),
    ("co_await statements", "braced list", {HTTP: "Bar b = Foo{1}.bar(co_await x);\n"}),
    ("co_await statements", "inside a braced list", {HTTP: "Bar b{co_await x};\n"}),
    ("co_await statements", "lambda", {HTTP: "co_await f([&] { return 1; });\n"}),
    ("co_await statements", "?:", {HTTP: "co_await (a ? b : c);\n"}),
    ("co_await statements", "?:", {HTTP: "auto x = a ? 1 : co_await c;\n"}),
    ("co_await statements", "second co_await", {HTTP: "co_await f(\n    co_await g());\n"}),
    ("co_await statements", "second co_await", {HTTP: "f(co_await a) + g(co_await b);\n"}),
    ("co_await statements", None,
     {HTTP: "if (co_await f()) { g(); }\nwhile (auto n = co_await f(x, y)) {\n}\n"
            "for (;;) { co_await f(); }\nauto t = [&]() -> Task<> { co_await f(); };\n"
            "Foo a{1}; co_await g(a); // co_await {}\nif (auto r = co_await f(); r) { co_return; }\n"
            "Awaiter operator co_await() && noexcept { return Awaiter{handle}; }\n"
            "f() { if (x) co_await y(a[1]); else co_return; }\ncase 1: co_await z; break;\n"}),
    ("line budget", "401 lines", {HTTP: "\n" * 401}),
    ("line budget", None, {HTTP: "\n" * 400}),
    ("mirrored unit tests", "tests/unit/http/server/a_test.cpp is missing", {HTTP: ""}),
    ("mirrored unit tests", None, {HTTP: "", "tests/unit/http/server/a_test.cpp": ""}),
    ("everything is built", "nobody builds it", {HTTP: "", "framework/CMakeLists.txt": "# a.cpp\nb.cpp"}),
    ("everything is built", None, {HTTP: "", "framework/CMakeLists.txt": "server/a.cpp"}),
]


def fatal_breaches(files, rule, exceptions=()):
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        found = check.breaches(Tree(folder), rule, exceptions)
        return [str(breach) for breach in found if breach.fatal]


class Rules(unittest.TestCase):
    def test_each_breach_is_found_and_its_neighbour_left_alone(self):
        for rule, expected, files in CASES:
            with self.subTest(rule=rule, expected=expected, files=files):
                found = fatal_breaches(files, rule)
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertTrue(found and all(expected in line for line in found), found)

    def test_each_rule_has_a_breach_and_a_neighbour(self):
        for wanted in (True, False):
            covered = {rule for rule, expected, _ in CASES if (expected is not None) == wanted}
            self.assertEqual(covered, set(check.RULES))

    def test_a_breach_names_file_and_line(self):
        found = fatal_breaches({HTTP: "\n\n#include <troika/app/app.hpp>\n"}, "layering")
        self.assertEqual(found, [
            f"{HTTP}:3: http/server may not include app (troika/app/app.hpp); it may include: base, "
            "data, observe, async, http/detail, http/message, http/handler, http/codec"])

    def test_an_exception_covers_its_place_only(self):
        files = {HTTP: "catch (...) {}\nasio::detached;\n"}
        exceptions = [("banned words", "framework/troika/http/*", "[catch-all]")]
        found = fatal_breaches(files, "banned words", exceptions)
        self.assertEqual(len(found), 1)
        self.assertIn("[detached]", found[0])

    def test_a_file_over_the_aim_is_a_note(self):
        self.assertEqual(fatal_breaches({HTTP: "\n" * 350}, "line budget"), [])


if __name__ == "__main__":
    unittest.main()

#include <hello/hello.hpp>

#include <troika/testing/client.hpp>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <string>

using Catch::StartsWith;
using troika::testing::TestClient;

namespace {
std::string here() { return "process " + std::to_string(::getpid()) + ", thread "; }
}  // namespace

TEST_CASE("the same handler answers on the loop, on a thread and in another process") {
    TestClient client(hello::configure, {"--log.level", "warning"});
    const std::string on_loop = client.get("/loop/Ada").text();
    const std::string on_thread = client.get("/thread/Ada").text();
    const std::string in_process = client.get("/process/Ada").text();

    CHECK(on_loop == "Hello, Ada, from " + here() + std::to_string(::gettid()) + "\n");
    CHECK_THAT(on_thread, StartsWith("Hello, Ada, from " + here()));
    CHECK(on_thread != on_loop);
    CHECK_THAT(in_process, StartsWith("Hello, Ada, from process "));
    CHECK(in_process.find(here()) == std::string::npos);
}

TEST_CASE("names arrive decoded and a path that is none is a 404") {
    TestClient client(hello::configure, {"--log.level", "warning"});
    CHECK_THAT(client.get("/process/Ad%C3%A8le%20B").text(), StartsWith("Hello, Adèle B, from"));
    CHECK(client.get("/loop/a/b").code() == 404);
    CHECK(client.get("/").code() == 404);
}

#include <probe/work.hpp>

#include <troika/http/message/http_error.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <ctime>
#include <stdexcept>
#include <string>

using Catch::Contains;
using Catch::StartsWith;
using probe::signal_number;
using troika::Request;

namespace {

Request request_with(std::string_view name, std::string_view value) {
    Request request(troika::http::Method::get, "/");
    request.parameters().add(name, value);
    return request;
}

}  // namespace

TEST_CASE("signals are known by name, with and without SIG, and by number") {
    CHECK(signal_number("SIGSEGV") == SIGSEGV);
    CHECK(signal_number("segv") == SIGSEGV);
    CHECK(signal_number("SigKill") == SIGKILL);
    CHECK(signal_number("9") == SIGKILL);
    CHECK(signal_number("64") == 64);
}

TEST_CASE("what is no signal is none") {
    const std::string text =
        GENERATE(as<std::string>(), "", "0", "65", "-9", "SIG", "SIGNONE", "9x", "kill9", " 9");
    CHECK(signal_number(text) == 0);
}

TEST_CASE("an unknown signal is a 400 that says what is known") {
    CHECK_THROWS_WITH(probe::crash(request_with("signal", "boom")),
                      Contains("SIGSEGV") && Contains("'boom'"));
}

TEST_CASE("a signal that ends nobody is refused and not raised") {
    CHECK_THROWS_WITH(probe::crash(request_with("signal", "SIGURG")),
                      Contains("SIGURG is ignored"));
    CHECK_THROWS_WITH(probe::crash(request_with("signal", "SIGSTOP")), Contains("SIGSTOP stops"));
}

TEST_CASE("burning takes at least the processor time asked for") {
    const std::clock_t before = std::clock();
    const troika::Response response = probe::burn(request_with("milliseconds", "20"));
    CHECK((std::clock() - before) * 1000 / CLOCKS_PER_SEC >= 19);
    CHECK_THAT(std::string(response.body_view()), StartsWith("burned 20 ms"));
}

TEST_CASE("burning beyond the limit is a 400 that names it") {
    CHECK_THROWS_WITH(probe::burn(request_with("milliseconds", "60001")), Contains("60000"));
}

TEST_CASE("the throwing job throws what is no answer") {
    CHECK_THROWS_AS(probe::throw_error(request_with("x", "y")), std::runtime_error);
}

#include <probe/bounded.hpp>

#include <troika/http/message/http_error.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Contains;
using troika::Request;

namespace {

Request request_for(std::string_view value) {
    Request request(troika::http::Method::get, "/");
    request.parameters().add("count", value);
    return request;
}

template <typename F>
std::string refusal(F call) {
    try {
        call();
        return "it was accepted";
    } catch (const troika::HttpError& error) {
        return std::to_string(troika::http::to_int(error.status())) + " " + error.what();
    }
}

}  // namespace

TEST_CASE("whole numbers up to the limit are taken") {
    CHECK(probe::bounded(request_for("0"), "count", 60) == 0);
    CHECK(probe::bounded(request_for("60"), "count", 60) == 60);
}

TEST_CASE("everything else is a 400 that names the parameter, the limit and what was found") {
    const std::string text = GENERATE(as<std::string>(), "61", "-1", "+1", "", "x", "1x", "0x1",
                                      "1.5", " 1", "18446744073709551616");
    const Request request = request_for(text);
    const std::string refused = refusal([&] { return probe::bounded(request, "count", 60); });
    CHECK(refused == "400 count must be a whole number from 0 to 60, not '" + text + "'");
}

TEST_CASE("fractions up to the limit are taken and nothing that is no number") {
    CHECK(probe::bounded_fraction(request_for("0.25"), "count", 60) == 0.25);
    CHECK(probe::bounded_fraction(request_for("60"), "count", 60) == 60);
    CHECK(probe::bounded_fraction(request_for("1e1"), "count", 60) == 10);
    const std::string text = GENERATE(as<std::string>(), "60.001", "-0.1", "nan", "inf", "-nan",
                                      "1e999", "", "1,5", "0.5s");
    const Request request = request_for(text);
    CHECK_THAT(refusal([&] { return probe::bounded_fraction(request, "count", 60); }),
               Contains("400 count must be a number from 0 to 60"));
}

#include <troika/base/error.hpp>
#include <troika/http/message/conditional.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace troika::http;

namespace {

const Validators kNow{"\"v2\"", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
constexpr const char* kThen = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kSame = "Sun, 06 Nov 1994 08:49:37 GMT";

Request asking(Method method, const char* name, const char* value) {
    Request request(method, "/");
    request.headers().add(name, value);
    return request;
}

// 0: go on.
int outcome(Method method, const char* name, const char* value, const Validators& now = kNow) {
    const Request request = asking(method, name, value);
    const std::optional<Response> instead = precondition(request, now);
    return instead ? to_int(instead->status()) : 0;
}

WantedRange range_of(const char* value, std::uint64_t size = 1000) {
    return wanted_range(asking(Method::get, "Range", value), size, kNow);
}

}  // namespace

TEST_CASE("If-None-Match spares a client what it has, whatever the tag's weakness") {
    CHECK(outcome(Method::get, "If-None-Match", "\"v2\"") == 304);
    CHECK(outcome(Method::head, "If-None-Match", "\"v1\", W/\"v2\"") == 304);
    CHECK(outcome(Method::get, "If-None-Match", "*") == 304);
    CHECK(outcome(Method::get, "If-None-Match", "\"v1\", \"v,2\"") == 0);
    CHECK(outcome(Method::get, "If-None-Match", "v2") == 0);
    CHECK(outcome(Method::put, "If-None-Match", "*") == 412);
    CHECK(outcome(Method::put, "If-None-Match", "\"v1\"") == 0);
}

TEST_CASE("304 carries the validators and no body") {
    const Request request = asking(Method::get, "If-None-Match", "\"v2\"");
    const Response response = *precondition(request, kNow);
    CHECK(response.headers().get("etag") == "\"v2\"");
    CHECK(response.headers().get("last-modified") == kSame);
    CHECK(response.body_view().empty());
}

TEST_CASE("If-Match keeps a change from overwriting another; weak tags do not count") {
    CHECK(outcome(Method::put, "If-Match", "\"v2\"") == 0);
    CHECK(outcome(Method::put, "If-Match", "\"v1\", \"v2\"") == 0);
    CHECK(outcome(Method::put, "If-Match", "*") == 0);
    CHECK(outcome(Method::put, "If-Match", "\"v1\"") == 412);
    CHECK(outcome(Method::put, "If-Match", "W/\"v2\"") == 412);
    CHECK(outcome(Method::get, "If-Match", "\"v2\"", {"W/\"v2\"", {}}) == 412);
}

TEST_CASE("a list of tags may be in several lines, and tags hold commas") {
    const Validators comma{"\"a,b\"", {}};
    CHECK(outcome(Method::get, "If-None-Match", "\"x\" , \"a,b\"", comma) == 304);
    CHECK(outcome(Method::get, "If-None-Match", ",, \"a,b\" ,", comma) == 304);
    CHECK(outcome(Method::get, "If-None-Match", "\"a\", \"b\"", comma) == 0);
    CHECK(outcome(Method::get, "If-None-Match", "\"\"", {"\"\"", {}}) == 304);
    Request lines = asking(Method::put, "If-Match", "\"v0\", \"v1\"");
    CHECK(precondition(lines, kNow)->status() == Status::precondition_failed);
    lines.headers().add("if-match", "\"v2\"");
    CHECK_FALSE(precondition(lines, kNow));
}

TEST_CASE("what is no list of tags matches nothing behind its flaw") {
    for (const char* const list :
         {"\"v1\" \"v2\"", "v1, \"v2\"", "\"v2", "v2\"", "w/\"v2\"", "W/ \"v2\"", "\"v2\"x",
          "\"v 1\", \"v2\"", "\"v1\"; \"v2\"", "*, \"v2\"", "'v2'", ""}) {
        INFO(list);
        CHECK(outcome(Method::get, "If-None-Match", list) == 0);
        CHECK(outcome(Method::put, "If-Match", list) == 412);
    }
    CHECK(outcome(Method::get, "If-None-Match", "\"v2\", v1") == 304);
}

TEST_CASE("a resource without a tag meets * alone") {
    const Validators dated{"", kNow.modified};
    CHECK(outcome(Method::put, "If-Match", "*", dated) == 0);
    CHECK(outcome(Method::put, "If-Match", "\"\"", dated) == 412);
    CHECK(outcome(Method::get, "If-None-Match", "*", dated) == 304);
    CHECK(outcome(Method::get, "If-None-Match", "\"\"", dated) == 0);
}

TEST_CASE("If-Match wants a resource that is there, If-None-Match one that is not") {
    const auto absent = [](const char* name, const char* value) {
        return precondition_of_absent(asking(Method::put, name, value)).has_value();
    };
    CHECK(absent("If-Match", "*"));
    CHECK(absent("If-Match", "\"v2\""));
    CHECK_FALSE(absent("If-None-Match", "*"));
    CHECK_FALSE(absent("If-Unmodified-Since", kThen));
}

TEST_CASE("a field that takes one value and is there twice is none") {
    Request twice = asking(Method::get, "If-Modified-Since", kSame);
    twice.headers().add("If-Modified-Since", kSame);
    CHECK_FALSE(precondition(twice, kNow));
    Request ranges = asking(Method::get, "Range", "bytes=0-1");
    ranges.headers().add("Range", "bytes=0-1");
    CHECK(wanted_range(ranges, 10, kNow).kind == RangeKind::all);
    Request states = asking(Method::get, "Range", "bytes=0-1");
    states.headers().add("If-Range", "\"v2\"");
    states.headers().add("If-Range", "\"v2\"");
    CHECK(wanted_range(states, 10, kNow).kind == RangeKind::all);
}

TEST_CASE("a date in If-Range counts only where it is known to be strong") {
    const auto kind = [](const char* if_range, Dates dates) {
        Request request = asking(Method::get, "Range", "bytes=0-1");
        request.headers().add("If-Range", if_range);
        return wanted_range(request, 10, {kNow.etag, kNow.modified, dates}).kind;
    };
    CHECK(kind(kSame, Dates::weak) == RangeKind::all);
    CHECK(kind(kSame, Dates::strong) == RangeKind::part);
    CHECK(kind(kThen, Dates::strong) == RangeKind::all);
    CHECK(kind("Sun, 06 Nov 1994 08:49:38 GMT", Dates::strong) == RangeKind::all);
}

TEST_CASE("dates count where there is no tag to compare, and malformed ones not at all") {
    CHECK(outcome(Method::get, "If-Modified-Since", kSame) == 304);
    CHECK(outcome(Method::get, "If-Modified-Since", kThen) == 0);
    CHECK(outcome(Method::post, "If-Modified-Since", kSame) == 0);
    CHECK(outcome(Method::get, "If-Modified-Since", "yesterday") == 0);
    CHECK(outcome(Method::put, "If-Unmodified-Since", kSame) == 0);
    CHECK(outcome(Method::put, "If-Unmodified-Since", kThen) == 412);
    Request both = asking(Method::get, "If-Modified-Since", kSame);
    both.headers().add("If-None-Match", "\"v1\"");
    CHECK_FALSE(precondition(both, kNow));
}

TEST_CASE("a tag is quoted, and one that cannot be is refused") {
    CHECK(make_etag("33a6") == "\"33a6\"");
    CHECK_THROWS_AS(make_etag("a\"b"), Error);
    CHECK_THROWS_AS(make_etag("a b"), Error);
    CHECK_THROWS_AS(make_etag("\r\nx"), Error);
}

TEST_CASE("a range is from, to, or the last bytes") {
    const auto is = [](const WantedRange& wanted, std::uint64_t offset, std::uint64_t length) {
        return wanted.kind == RangeKind::part && wanted.range.offset == offset &&
               wanted.range.length == length;
    };
    CHECK(is(range_of("bytes=0-0"), 0, 1));
    CHECK(is(range_of("bytes=10-19"), 10, 10));
    CHECK(is(range_of("bytes=990-2000"), 990, 10));
    CHECK(is(range_of("bytes=990-"), 990, 10));
    CHECK(is(range_of("bytes=-10"), 990, 10));
    CHECK(is(range_of("bytes=-2000"), 0, 1000));
    CHECK(is(range_of("BYTES=1-2"), 1, 2));
}

TEST_CASE("a range behind the end is unsatisfiable, a malformed one is ignored") {
    for (const char* const value : {"bytes=1000-", "bytes=1000-1001", "bytes=-0"}) {
        INFO(value);
        CHECK(range_of(value).kind == RangeKind::unsatisfiable);
    }
    CHECK(range_of("bytes=-5", 0).kind == RangeKind::unsatisfiable);
    for (const char* const value :
         {"bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6", "lines=0-1", "0-1",
          "bytes=99999999999999999999-", "bytes=+1-2", "bytes=1 - 2"}) {
        INFO(value);
        CHECK(range_of(value).kind == RangeKind::all);
        CHECK(range_of(value).range.length == 1000);
    }
}

TEST_CASE("If-Range of another state gives all of it, and only GET has ranges") {
    const auto kind = [](const char* if_range, const Validators& now = kNow) {
        Request request = asking(Method::get, "Range", "bytes=0-1");
        request.headers().add("If-Range", if_range);
        return wanted_range(request, 10, now).kind;
    };
    CHECK(kind("\"v2\"") == RangeKind::part);
    CHECK(kind("\"v1\"") == RangeKind::all);
    CHECK(kind("W/\"v2\"", {"W/\"v2\"", {}}) == RangeKind::all);
    CHECK(kind(kThen) == RangeKind::all);
    CHECK(kind("soon") == RangeKind::all);
    CHECK(wanted_range(asking(Method::head, "Range", "bytes=0-1"), 10, kNow).kind ==
          RangeKind::all);
}

#include <troika/http/codec/head_parser.hpp>
#include <troika/http/message/bytes.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika::http;

// What a connection does with each byte: room for the next read behind what it has, and a look at it.
TEST_CASE("a head of 32 KB that drips is moved and parsed a few times, not at each byte") {
    const HeadLimits limits;
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    bytes.append(limits.bytes - bytes.size() - 4, 'x').append("\r\n\r\n");
    constexpr std::size_t kRead = 16 * 1024;
    Bytes kept;
    HeadScanner scanner;
    RequestHead head;
    std::size_t moved = 0;
    std::size_t parsed = 0;
    bool complete = false;
    for (const char byte : bytes) {
        const std::size_t before = kept.capacity();
        kept.spare(kRead).front() = byte;
        if (kept.capacity() != before) moved += kept.size();
        kept.commit(1);
        if (!scanner.worth_parsing(kept.view(), limits)) continue;
        parsed += kept.size();
        complete = parse_head(kept.view(), limits, head).state == HeadResult::State::complete;
    }
    CHECK(complete);
    CHECK(moved <= 3 * bytes.size());
    CHECK(parsed <= 3 * bytes.size());
}

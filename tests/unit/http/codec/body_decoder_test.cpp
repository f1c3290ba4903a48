#include <troika/http/codec/body_decoder.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using namespace troika::http;

namespace {

constexpr std::uint64_t kLimit = 1000;

HeadFacts chunked() {
    HeadFacts facts;
    facts.framing = Framing::chunked;
    return facts;
}

struct Outcome {
    std::string body;
    std::string rest;
    bool done = false;
    int status = 0;
};

// Feeds `input` in pieces of `step` bytes.
Outcome decode(const HeadFacts& facts, std::string_view input, std::size_t step,
               std::uint64_t limit = kLimit) {
    BodyDecoder decoder(facts, limit);
    Outcome outcome;
    while (!decoder.done() && !decoder.failed() && !input.empty()) {
        const std::string_view now = input.substr(0, step);
        std::string_view left = now;
        std::string_view piece;
        while (!(piece = decoder.take(left)).empty()) outcome.body += piece;
        input.remove_prefix(now.size() - left.size());
    }
    outcome.rest = input;
    outcome.done = decoder.done();
    if (decoder.failed()) outcome.status = to_int(decoder.refusal().status);
    return outcome;
}

}  // namespace

TEST_CASE("a body by length ends where it says, however it is split") {
    HeadFacts facts;
    facts.framing = Framing::length;
    facts.length = 5;
    for (std::size_t step = 1; step < 10; ++step) {
        const Outcome outcome = decode(facts, "helloGET /", step);
        CHECK(outcome.body == "hello");
        CHECK(outcome.done);
        CHECK(outcome.rest == "GET /");
    }
}

TEST_CASE("chunks are joined, extensions and trailers dropped, however they are split") {
    const std::string input = "5;a=b\r\nhello\r\n00006 ;x\r\n";
    CHECK(decode(chunked(), input, 100).status == 400);  // whitespace behind a size
    const std::string good =
        "5;a=\"b\"\r\nhello\r\nA\r\n, 10 bytes\r\n000\r\nX-Trailer: v\r\n\r\nNEXT";
    for (std::size_t step = 1; step < good.size(); ++step) {
        const Outcome outcome = decode(chunked(), good, step);
        CHECK(outcome.body == "hello, 10 bytes");
        CHECK(outcome.done);
        CHECK(outcome.rest == "NEXT");
    }
}

TEST_CASE("chunk framing has no second reading") {
    for (const char* input : {"x\r\n",
                              "\r\n",
                              "5\nhello",
                              "5\r\nhelloX",
                              "5\r\nhello\n",
                              "5\r\nhello\r\r",
                              "-5\r\n",
                              "+5\r\n",
                              "0x5\r\n",
                              " 5\r\n",
                              "5 \r\n",
                              "5;a\nb\r\n",
                              "5\rX",
                              "0\r\n\n",
                              "0\r\n X: y\r\n\r\n",
                              "0\r\n\rX",
                              "0\r\nA: b\n\r\n",
                              "0\r\nfoo\r\n\r\n",
                              "0\r\nA b: c\r\n\r\n",
                              "0\r\nA : b\r\n\r\n",
                              "0\r\nA: b\r\nfoo\r\n\r\n",
                              "0\r\n: b\r\n\r\n",
                              "1000000000000000\r\n",
                              "5;\x01\r\n"}) {
        INFO(input);
        CHECK(decode(chunked(), input, 1).status == 400);
    }
}

TEST_CASE("the limit holds for lengths and for the sum of chunks") {
    HeadFacts facts;
    facts.framing = Framing::length;
    facts.length = kLimit + 1;
    CHECK(BodyDecoder(facts, kLimit).refusal().status == Status::content_too_large);
    CHECK(decode(chunked(), "3e9\r\n", 1).status == 413);
    CHECK(decode(chunked(), "5\r\nhello\r\n3e4\r\n", 1).status == 413);
    CHECK(decode(chunked(), "fffffffffffffff\r\n", 1).status == 413);
}

TEST_CASE("endless extensions and trailers are cut") {
    CHECK(decode(chunked(), "5;" + std::string(10000, 'x'), 100).status == 400);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 2000; ++i) trailers += "a: b\r\n";
    CHECK(decode(chunked(), trailers, 100).status == 400);
}

#include <troika/http/codec/head_parser.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using namespace troika::http;

namespace {

HeadResult parse(std::string_view bytes, HeadLimits limits = {}) {
    RequestHead head;
    return parse_head(bytes, limits, head);
}

// 0: accepted; -1: incomplete.
int refusal(std::string_view bytes, HeadLimits limits = {}) {
    const HeadResult result = parse(bytes, limits);
    if (result.state == HeadResult::State::complete) return 0;
    if (result.state == HeadResult::State::incomplete) return -1;
    return to_int(result.refusal.status);
}

int refusal_with(std::string_view fields) {
    return refusal("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
}

}  // namespace

TEST_CASE("a head is parsed into memory of its own") {
    std::string bytes =
        "GET /a%20b?c=d HTTP/1.1\r\nHost: example.org\r\nX-Name:  value \r\n\r\nrest";
    RequestHead head;
    const HeadResult result = parse_head(bytes, {}, head);
    REQUIRE(result.state == HeadResult::State::complete);
    CHECK(result.facts.consumed == bytes.size() - 4);
    bytes.assign(bytes.size(), '!');
    CHECK(head.method() == Method::get);
    CHECK(head.path() == "/a%20b");
    CHECK(head.query() == "c=d");
    CHECK(head.headers().get("host") == "example.org");
    CHECK(head.headers().get("x-name") == "value");
    CHECK(result.facts.keep_alive);
}

TEST_CASE("more empty lines before a request than the limit are refused, complete or not") {
    constexpr std::string_view kBytes =
        "\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    constexpr std::size_t kAll = 7;
    constexpr std::size_t kLimit = 4;
    CHECK(HeadLimits().empty_lines == kLimit);
    for (std::size_t lines = 1; lines <= kAll; ++lines) {
        const bool allowed = lines <= kLimit;
        INFO(lines);
        CHECK(refusal(kBytes.substr(2 * (kAll - lines))) == (allowed ? 0 : 400));
        CHECK(refusal(kBytes.substr(0, 2 * lines)) == (allowed ? -1 : 400));
        CHECK(refusal(kBytes.substr(0, 2 * lines - 1)) == (lines <= kLimit + 1 ? -1 : 400));
    }
}

TEST_CASE("empty lines before a request are skipped and counted") {
    RequestHead head;
    const std::string bytes = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const HeadResult result = parse_head(bytes, {}, head);
    REQUIRE(result.state == HeadResult::State::complete);
    CHECK(result.facts.consumed == bytes.size());
    CHECK(head.target() == "/");
}

TEST_CASE("empty lines in front of an incomplete head may be forgotten") {
    RequestHead head;
    const auto forgotten = [&head](std::string_view bytes) {
        const HeadResult result = parse_head(bytes, {}, head);
        CHECK(result.state == HeadResult::State::incomplete);
        return result.facts.consumed;
    };
    CHECK(forgotten("\r") == 0);
    CHECK(forgotten("\r\n") == 2);
    CHECK(forgotten("\r\n\r\n\r") == 4);
    CHECK(forgotten("\r\nGET / HT") == 2);
    CHECK(forgotten("GET / HT") == 0);
}

TEST_CASE("keep-alive follows version and every Connection line") {
    const auto keeps = [](std::string_view version, std::string_view fields) {
        return parse("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" +
                     std::string(fields) + "\r\n")
            .facts.keep_alive;
    };
    CHECK(keeps("1.1", ""));
    CHECK_FALSE(keeps("1.1", "Connection: close\r\n"));
    CHECK_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: x, Close\r\n"));
    CHECK_FALSE(keeps("1.0", ""));
    CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("the framing of the body has one reading or none") {
    CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").facts.length == 5);
    CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n").facts.framing ==
          Framing::chunked);
    for (const char* fields : {"Content-Length: 5\r\nContent-Length: 5\r\n",
                               "Content-Length: 5, 5\r\n",
                               "Content-Length: +5\r\n",
                               "Content-Length: -5\r\n",
                               "Content-Length: 5x\r\n",
                               "Content-Length: 0x5\r\n",
                               "Content-Length:\r\n",
                               "Content-Length: 99999999999999999999\r\n",
                               "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                               "Transfer-Encoding: chunked, chunked\r\n",
                               "Transfer-Encoding: chunked, gzip\r\n",
                               "Transfer-Encoding: gzip, chunked\r\n",
                               "Transfer-Encoding: \"chunked\"\r\n",
                               "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
                               "Transfer-Encoding: pigeons\r\n",
                               "Transfer-Encoding: identity\r\n",
                               "Transfer-Encoding: chunked\x85\r\n",
                               "Transfer-Encoding: chunked\r\n , identity\r\n",
                               "Transfer-Encoding:\r\n",
                               "Transfer-Encoding : chunked\r\n"}) {
        INFO(fields);
        const int status = refusal_with(fields);
        CHECK((status == 400 || status == 501));
    }
    CHECK(refusal_with("Transfer-Encoding: gzip\r\n") == 501);
    CHECK(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("lines that several readers would read differently are refused") {
    for (const char* fields :
         {"A : b\r\n", " A: b\r\n", "A: b\r\n folded\r\n", "A: b\r\n\tfolded\r\n", "A: b\rc\r\n",
          "A: b\nB: c\r\n", "A\r\n", ": b\r\n", "A: \x01\r\n", "A\x80: b\r\n", "A(: b\r\n"}) {
        INFO(fields);
        CHECK(refusal_with(fields) == 400);
    }
    CHECK(refusal_with(std::string_view("A: b\0c\r\n", 9)) == 400);
    CHECK(refusal_with("A: caf\xe9\r\n") == 0);
}

TEST_CASE("a fold is refused wherever it is, however the head is split") {
    const std::string field = "A: x\r\n";
    for (const char* folded :
         {"Content-Length:\r\n 5\r\n", "Transfer-Encoding:\r\n chunked\r\n", "A:\r\n v\r\n",
          "A:\r\n\tv\r\n", "A: \t\r\n v\r\n", "A:\r\n \r\n", "A:\r\n\t\r\n", "A: \r\n \r\n",
          "A:\r\n \r\n v\r\n", "A:\r\n v\r\n w\r\n", "A: v\r\n \r\n", "A: v\r\n w\r\n",
          "A:\r\n"
          "                                v\r\n"}) {
        INFO(folded);
        CHECK(refusal_with(folded) == 400);
        CHECK(refusal_with(folded + field) == 400);
        const std::string first = "POST / HTTP/1.1\r\n" + std::string(folded) + "Host: a\r\n\r\n";
        CHECK(refusal(first) == 400);
        for (std::size_t i = 1; i < first.size(); ++i) {
            const int part = refusal(first.substr(0, i));
            CHECK((part == -1 || part == 400));
        }
    }
    CHECK(refusal("GET / HTTP/1.1\r\nHost:\r\n \r\n\r\n") == 400);
    CHECK(refusal("GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n") == 400);
    for (const char* plain : {"A:\r\n", "A: \r\n", "A:v\r\n", "A:  \t   v\r\n", "A:     \r\n"}) {
        INFO(plain);
        CHECK(refusal_with(plain + field) == 0);
    }
}

TEST_CASE("Host is there once, and is a host") {
    CHECK(refusal("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(refusal("GET / HTTP/1.0\r\n\r\n") == 0);
    CHECK(refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
    for (const char* host : {"a b", "a/b", "a@b", "a,b", "a:x", "[::1", "a:1:2", "a:123456"}) {
        INFO(host);
        CHECK(refusal("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 400);
    }
    for (const char* host :
         {"a", "a.example:8080", "[::1]", "[2001:db8::1]:443", "127.0.0.1:80", "a_b"}) {
        INFO(host);
        CHECK(refusal("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 0);
    }
}

TEST_CASE("start lines are taken literally") {
    const auto line = [](std::string_view text) {
        return refusal(std::string(text) + "\r\nHost: a\r\n\r\n");
    };
    CHECK(line("GET / HTTP/1.1") == 0);
    CHECK(line("PROPFIND / HTTP/1.1") == 0);  // the router answers 501
    CHECK(line("GET / HTTP/2.0") == 505);
    CHECK(line("GET / HTTP/1.2") == 505);
    CHECK(line("GET / HTTP/1.10") == 400);
    CHECK(line("GET / http/1.1") == 400);
    CHECK(line("GET /") == 400);
    CHECK(line("GET  / HTTP/1.1") == 400);
    CHECK(line("GET / HTTP/1.1 ") == 400);
    CHECK(line(" GET / HTTP/1.1") == 400);
    CHECK(line("GE\tT / HTTP/1.1") == 400);
    CHECK(line("GET /a b HTTP/1.1") == 400);
    CHECK(line("GET /\xc3\xa4 HTTP/1.1") == 400);
    CHECK(line("GET /../a HTTP/1.1") == 400);
    CHECK(line("GET a HTTP/1.1") == 400);
    CHECK(line("GET * HTTP/1.1") == 400);
    CHECK(line("OPTIONS * HTTP/1.1") == 0);
    CHECK(line("GET http://b/c HTTP/1.1") == 0);
    CHECK(line("CONNECT a:80 HTTP/1.1") == 501);
}

TEST_CASE("garbage is refused at its first bytes") {
    CHECK(refusal("\x16\x03\x01\x02") == 400);
    CHECK(refusal("{\"a\": 1}") == 400);
    CHECK(refusal("GET / HTTP/1.1\nHost: a\n\n") == 400);
}

TEST_CASE("limits answer with their own status") {
    HeadLimits limits;
    limits.bytes = 2000;
    limits.fields = 3;
    limits.request_line = 100;
    const std::string path(200, 'p');
    CHECK(refusal("GET /" + path + " HTTP/1.1\r\nHost: a\r\n\r\n", limits) == 414);
    CHECK(refusal("GET /" + path, limits) == 414);
    CHECK(refusal("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", limits) == 0);
    CHECK(refusal("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits) == 431);
    std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    endless.append(3000, 'x');
    CHECK(refusal(endless, limits) == 431);
    CHECK(refusal(endless + "\r\n\r\n", limits) == 431);
    CHECK(refusal("GET / HTTP/1.1\r\nHost: a\r\nA: x", limits) == -1);
}

TEST_CASE("only 100-continue is expected, only of 1.1, and only with a body") {
    const std::string body = "Content-Length: 1\r\n";
    CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n" + body + "\r\n")
              .facts.expects_continue);
    CHECK_FALSE(
        parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").facts.expects_continue);
    CHECK_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\n" + body + "\r\n")
                    .facts.expects_continue);
    CHECK(refusal_with("Expect: the-unexpected\r\n") == 417);
}

TEST_CASE("a growing head is parsed again only when that may tell something new") {
    const HeadLimits limits;
    HeadScanner scanner;
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
    int parses = 0;
    for (std::size_t i = 1; i <= bytes.size(); ++i)
        parses += scanner.worth_parsing(std::string_view(bytes).substr(0, i), limits) ? 1 : 0;
    CHECK(parses == 2);  // the first byte and the last
    scanner.reset();
    CHECK(scanner.worth_parsing("G", limits));
    CHECK_FALSE(scanner.worth_parsing("GET /", limits));
    CHECK(scanner.worth_parsing("GET / HTTP/1.1\n", limits));
}

TEST_CASE("a scanner goes on behind empty lines that were taken away") {
    const HeadLimits limits;
    HeadScanner scanner;
    CHECK(scanner.worth_parsing("\r", limits));
    CHECK(scanner.worth_parsing("\r\n", limits));
    CHECK(scanner.count_empty_lines(1) == 1);
    CHECK(scanner.worth_parsing("\r\n\r\n", limits));
    CHECK(scanner.count_empty_lines(2) == 3);
    CHECK(scanner.worth_parsing("G", limits));
    CHECK_FALSE(scanner.worth_parsing("GE", limits));
    scanner.reset();
    CHECK(scanner.count_empty_lines(1) == 1);
}

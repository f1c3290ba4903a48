#include <troika/http/codec/body_decoder.hpp>
#include <troika/http/codec/head_parser.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace troika::http;

namespace {

// Reads requests from bytes that come in pieces, the way a connection does: an unfinished head is
// kept from its first byte, and a finished one leaves nothing behind.
class Reader {
  public:
    void feed(std::string_view piece) {
        kept_ += piece;
        std::string_view input = kept_;
        while (!input.empty()) {
            if (!in_body_) {
                if (!scanner_.worth_parsing(input, limits_)) break;
                const HeadResult result = parse_head(input, limits_, head_);
                REQUIRE(result.state != HeadResult::State::invalid);
                if (result.state == HeadResult::State::incomplete) break;
                input.remove_prefix(result.facts.consumed);
                scanner_.reset();
                decoder_ = BodyDecoder(result.facts, 1000);
                in_body_ = true;
                body_.clear();
            }
            std::string_view taken;
            while (!(taken = decoder_.take(input)).empty()) body_ += taken;
            REQUIRE_FALSE(decoder_.failed());
            if (!decoder_.done()) break;
            finish();
        }
        kept_.erase(0, kept_.size() - input.size());
        if (in_body_ && decoder_.done()) finish();
    }
    std::vector<std::string> requests;

  private:
    void finish() {
        in_body_ = false;
        std::string text(to_string(head_.method()));
        text.append(" ").append(head_.target());
        for (const Headers::Field field : head_.headers())
            text.append("|").append(field.name).append("=").append(field.value);
        requests.push_back(text + "|" + body_);
    }

    HeadLimits limits_;
    HeadScanner scanner_;
    RequestHead head_;
    BodyDecoder decoder_;
    std::string body_;
    std::string kept_;
    bool in_body_ = false;
};

const std::vector<std::string> kRequests = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nPOST /echo?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nGET / HTTP/",
    "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;e=1\r\nabc\r\n0c\r\n\r\n\r\nGET / \r\n\r\n0\r\nT: x\r\n\r\n",
    "HEAD /h HTTP/1.0\r\nX: \r\nY:z\r\n\r\n",
    "DELETE /d/%20 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 0\r\n\r\n"};

std::vector<std::string> read(const std::vector<std::string_view>& pieces) {
    Reader reader;
    for (const std::string_view piece : pieces) reader.feed(piece);
    return reader.requests;
}

}  // namespace

TEST_CASE("requests split at any position are the same requests") {
    for (const std::string& request : kRequests) {
        const std::vector<std::string> whole = read({request});
        REQUIRE(whole.size() == 1);
        for (std::size_t i = 1; i < request.size(); ++i) {
            const std::string_view all = request;
            CHECK(read({all.substr(0, i), all.substr(i)}) == whole);
        }
    }
}

TEST_CASE("pipelined requests split at any two positions are the same requests") {
    std::string all;
    for (const std::string& request : kRequests) all += request;
    const std::vector<std::string> whole = read({all});
    REQUIRE(whole.size() == kRequests.size());
    const std::string_view view = all;
    bool same = true;
    for (std::size_t i = 1; i < all.size(); ++i) {
        for (std::size_t j = i; j < all.size(); j += 3)
            same =
                same && read({view.substr(0, i), view.substr(i, j - i), view.substr(j)}) == whole;
    }
    CHECK(same);
}

TEST_CASE("requests that come byte by byte are the same requests") {
    std::string all;
    for (const std::string& request : kRequests) all += request;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i)
        bytes.push_back(std::string_view(all).substr(i, 1));
    CHECK(read(bytes) == read({all}));
}

#include <troika/base/error.hpp>
#include <troika/http/message/request_body.hpp>

#include <catch2/catch.hpp>

#include <memory>

using namespace troika;
using http::MemoryFile;
using http::RequestBody;

namespace {

struct Nothing final : Stream {
    Task<std::optional<std::string_view>> next() override { co_return std::nullopt; }
};

}  // namespace

TEST_CASE("a request without a body has an empty one of no kind") {
    RequestBody body;
    CHECK(body.empty());
    CHECK(body.view().empty());
    CHECK(body.bytes() == nullptr);
    CHECK(body.file() == nullptr);
    CHECK(body.stream() == nullptr);
}

TEST_CASE("bytes and memory files are read alike and told apart") {
    RequestBody bytes(Bytes("on the heap"));
    CHECK(bytes.view() == "on the heap");
    CHECK(bytes.size() == 11);
    CHECK(bytes.bytes() != nullptr);
    CHECK(bytes.file() == nullptr);

    MemoryFile file("test");
    file.append("in a file");
    file.seal();
    RequestBody mapped(std::move(file));
    CHECK(mapped.size() == 9);
    CHECK_FALSE(mapped.empty());
    CHECK(mapped.view() == "in a file");
    CHECK(mapped.file() != nullptr);
    CHECK(mapped.bytes() == nullptr);
}

TEST_CASE("a stream has no view, and the refusal says how to read it") {
    auto stream = std::make_unique<Nothing>();
    Stream* const raw = stream.get();
    RequestBody body{std::unique_ptr<Stream>(std::move(stream))};
    CHECK(body.stream() == raw);
    CHECK_THROWS_WITH(body.view(), Catch::Contains("next()"));
    CHECK_THROWS_AS(body.size(), Error);
}

TEST_CASE("a cleared body is gone") {
    RequestBody body(Bytes("secret"));
    body.clear();
    CHECK(body.empty());
    CHECK(body.bytes() == nullptr);
}

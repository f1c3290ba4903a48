#include <troika/base/error.hpp>
#include <troika/http/message/request_body.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using http::RequestBody;

namespace {
struct NoMore final : Stream {
    Task<std::optional<std::string_view>> next() override { co_return std::nullopt; }
};
}  // namespace

TEST_CASE("no body, bytes and a memory file are all seen as bytes") {
    const RequestBody nothing;
    CHECK(nothing.empty());
    CHECK(nothing.view().empty());
    RequestBody bytes(http::Bytes("heap"));
    CHECK(bytes.view() == "heap");
    CHECK(bytes.bytes() != nullptr);
    CHECK(bytes.file() == nullptr);
    http::MemoryFile file("body");
    file.append("memory");
    file.seal();
    RequestBody mapped(std::move(file));
    CHECK(mapped.size() == 6);
    CHECK(mapped.view() == "memory");
    CHECK(mapped.file() != nullptr);
    CHECK(mapped.bytes() == nullptr);
}

TEST_CASE("a stream is not there as bytes, and the error says what to do") {
    RequestBody body(std::make_unique<NoMore>());
    CHECK(body.stream() != nullptr);
    CHECK_THROWS_WITH(body.view(), Catch::Contains("read it with next()"));
    body.clear();
    CHECK(body.stream() == nullptr);
    CHECK(body.empty());
}

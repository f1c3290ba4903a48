#include <probe/counted_bytes.hpp>

#include <troika/async/event_loop.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace {

struct Collected {
    std::string bytes;
    std::size_t longest_piece = 0;
    const char* first_piece = nullptr;
};

troika::Task<> collect(troika::Stream& stream, Collected& into) {
    for (;;) {
        const std::optional<std::string_view> piece = co_await stream.next();
        if (!piece) co_return;
        if (into.first_piece == nullptr) into.first_piece = piece->data();
        into.longest_piece = std::max(into.longest_piece, piece->size());
        into.bytes += *piece;
    }
}

Collected collect_all(std::uint64_t count) {
    troika::EventLoop loop;
    probe::CountedBytes stream(count);
    REQUIRE(stream.length() == count);
    Collected collected;
    loop.run(collect(stream, collected));
    return collected;
}

}  // namespace

TEST_CASE("a stream gives exactly as many bytes as asked, in pieces of at most 64 KB") {
    const std::uint64_t count = GENERATE(0, 1, 15, 16, 65535, 65536, 65537, 200000);
    const Collected collected = collect_all(count);
    REQUIRE(collected.bytes.size() == count);
    CHECK(collected.longest_piece <= 65536);
    for (std::size_t at = 0; at < collected.bytes.size(); ++at)
        if (collected.bytes[at] != "0123456789abcdef"[at % 16]) FAIL("byte " << at);
}

TEST_CASE("all streams share the same piece of memory") {
    CHECK(collect_all(10).first_piece == collect_all(20).first_piece);
}

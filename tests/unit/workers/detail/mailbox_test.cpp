#include <troika/workers/detail/mailbox.hpp>

#include <catch2/catch.hpp>

#include <cstring>
#include <memory>
#include <string>
#include <thread>

using namespace troika::workers::detail;
using troika::workers::Parcel;
using troika::workers::Payload;

namespace {
constexpr std::size_t kLargest = 1024 * 1024;

Parcel parcel(std::string head, std::string body = {}) {
    return {Payload(std::move(head)), Payload(std::move(body))};
}
}  // namespace

TEST_CASE("a mailbox takes nothing while nobody looks") {
    const auto box = std::make_unique<Mailbox>();
    CHECK_FALSE(box->deliver({.kind = FrameKind::run}, parcel("head")));
    box->start_looking();
    CHECK_FALSE(box->delivered());
    CHECK_FALSE(box->look_away());
    CHECK_FALSE(box->deliver({.kind = FrameKind::run}, parcel("head")));
}

TEST_CASE("what is delivered to a reader who looks is there once, whole, until the next look") {
    const auto box = std::make_unique<Mailbox>();
    for (const std::size_t head : {std::size_t{0}, std::size_t{1}, Mailbox::kRoom / 2}) {
        for (const std::size_t body : {std::size_t{0}, Mailbox::kRoom / 2}) {
            box->start_looking();
            const FrameHeader header{
                .kind = FrameKind::run, .generation = 7, .job_id = head + body};
            REQUIRE(box->deliver(header, parcel(std::string(head, 'h'), std::string(body, 'b'))));
            CHECK_FALSE(box->deliver(header, parcel("a second one")));
            CHECK(box->delivered());
            CHECK(box->look_away());
            CHECK_FALSE(box->look_away());
            const ReceiveResult result = box->take(kLargest);
            REQUIRE(result.status == Received::frame);
            CHECK(result.frame.header.generation == 7);
            CHECK(result.frame.header.job_id == head + body);
            CHECK(result.frame.parcel.head.bytes() == std::string(head, 'h'));
            CHECK(result.frame.parcel.body.bytes() == std::string(body, 'b'));
        }
    }
}

TEST_CASE("what is too large for a mailbox, or has descriptors, goes another way") {
    const auto box = std::make_unique<Mailbox>();
    box->start_looking();
    CHECK_FALSE(box->deliver({}, parcel(std::string(Mailbox::kRoom + 1, 'x'))));
    CHECK_FALSE(box->deliver({}, parcel(std::string(Mailbox::kRoom, 'x'), "y")));
    CHECK_FALSE(box->deliver({}, {Payload::in_memory_file("bytes"), {}}));
    Parcel sharing = parcel("head");
    sharing.shared.push_back(std::make_shared<const troika::UniqueFd>());
    CHECK_FALSE(box->deliver({}, sharing));
    CHECK_FALSE(box->look_away());
}

TEST_CASE("nothing in a mailbox is believed") {
    const auto box = std::make_unique<Mailbox>();
    const auto problem = [&](auto spoil) {
        box->start_looking();
        REQUIRE(box->deliver({.kind = FrameKind::result}, parcel("0123456789")));
        REQUIRE(box->look_away());
        // As a process would that writes where it should not: the header lies behind the state.
        FrameHeader header{.kind = FrameKind::result, .head_size = 10};
        auto* const bytes = reinterpret_cast<char*>(box.get());
        std::size_t place = 0;
        while (std::memcmp(bytes + place, &header, sizeof header) != 0) ++place;
        spoil(header);
        std::memcpy(bytes + place, &header, sizeof header);
        const ReceiveResult result = box->take(kLargest);
        CHECK(result.status == Received::garbage);
        return result.problem;
    };
    CHECK(problem([](auto& header) { header.magic = 1; }) == "bytes that are no frame");
    const std::string too_large = "a frame larger than its mailbox";
    CHECK(problem([](auto& header) { header.head_size = Mailbox::kRoom + 1; }) == too_large);
    CHECK(problem([](auto& header) { header.body_size = Mailbox::kRoom; }) == too_large);
    CHECK(problem([](auto& header) { header.body_size = ~std::uint64_t{0}; }) == too_large);
    CHECK(problem([](auto& header) { header.flags = kHeadIsFile; }) ==
          "a frame whose length is wrong");
}

TEST_CASE("a frame that claims a descriptor and brings none is garbage") {
    const FrameHeader header{.kind = FrameKind::result, .flags = kHeadIsFile, .head_size = 10};
    CHECK(read_frame(header, "", kLargest).status == Received::garbage);
}

TEST_CASE("between two threads every letter arrives or is known not to have arrived") {
    constexpr std::uint64_t kLetters = 20'000;
    const auto box = std::make_unique<Mailbox>();
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> over{false};
    std::thread writer([&] {
        for (std::uint64_t i = 1; i <= kLetters; ++i)
            if (!box->deliver({.kind = FrameKind::run, .job_id = i}, parcel(std::to_string(i))))
                ++refused;
        over = true;
    });
    std::uint64_t arrived = 0, wrong = 0, last = 0;
    while (true) {
        const bool is_last = over;
        box->start_looking();
        for (int i = 0; i < 50 && !box->delivered(); ++i) std::this_thread::yield();
        if (box->look_away()) {
            const Frame frame = box->take(kLargest).frame;
            wrong += frame.parcel.head.bytes() != std::to_string(frame.header.job_id) ? 1U : 0U;
            wrong += frame.header.job_id <= last ? 1U : 0U;
            last = frame.header.job_id;
            ++arrived;
        }
        if (is_last) break;
    }
    writer.join();
    CHECK(wrong == 0);
    CHECK(arrived + refused == kLetters);
}

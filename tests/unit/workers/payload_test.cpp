#include <troika/base/error.hpp>
#include <troika/workers/payload.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <string>

using troika::UniqueFd;
using troika::workers::Payload;

namespace {

UniqueFd file_of(const std::string& text, int seals) {
    UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(::fcntl(file.get(), F_ADD_SEALS, seals) == 0);
    return file;
}

std::string refusal(UniqueFd file, std::size_t size) {
    try {
        Payload::adopt(std::move(file), size);
    } catch (const troika::Error& error) {
        return error.what();
    }
    return "accepted";
}

constexpr int kAll = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

TEST_CASE("a payload shows the same bytes as string, as buffer and as memory file") {
    const std::string text = "bytes with a \0 in them";
    CHECK(Payload(text).bytes() == text);
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    CHECK(Payload(std::vector<std::byte>(first, first + text.size())).bytes() == text);
    Payload file = Payload::in_memory_file(text);
    CHECK(file.memory_file() >= 0);
    CHECK(file.bytes() == text);
    Payload moved = std::move(file);
    CHECK(moved.bytes() == text);
    CHECK(std::move(moved).take_string() == text);
    CHECK(Payload::in_memory_file("").empty());
}

TEST_CASE("only a memory file sealed against every change and of the announced size is mapped") {
    CHECK(refusal(file_of("hello", kAll), 5) == "accepted");
    CHECK(refusal(file_of("hello", kAll), 6) ==
          "a received memory file holds 5 bytes where 6 were announced");
    for (const int missing : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE}) {
        CHECK(refusal(file_of("hello", kAll & ~missing), 5) ==
              "a received memory file is not sealed");
    }
    CHECK(refusal(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), 5) != "accepted");
}

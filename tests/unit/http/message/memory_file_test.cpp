#include <troika/base/error.hpp>
#include <troika/http/message/memory_file.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <string>

using troika::UniqueFd;
using troika::http::MemoryFile;

TEST_CASE("a sealed memory file shows what was appended and can no longer change") {
    MemoryFile file("test");
    file.append("hello ");
    file.append("world");
    file.seal();
    CHECK(file.view() == "hello world");
    CHECK(::ftruncate(file.fd(), 1) != 0);
    const MemoryFile moved(std::move(file));
    CHECK(moved.view() == "hello world");
}

TEST_CASE("a received memory file is taken only when it cannot shrink or change") {
    UniqueFd open_file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    CHECK_THROWS_WITH(MemoryFile(std::move(open_file)), Catch::Contains("not sealed"));

    MemoryFile sealed("test");
    sealed.append("abc");
    sealed.seal();
    const MemoryFile received(UniqueFd(::dup(sealed.fd())));
    CHECK(received.size() == 3);
    CHECK(received.view() == "abc");
}

TEST_CASE("an empty memory file has an empty view") {
    MemoryFile file("test");
    file.seal();
    CHECK(file.view().empty());
}

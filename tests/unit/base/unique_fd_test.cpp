#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <cerrno>

using troika::UniqueFd;

namespace {
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
}  // namespace

TEST_CASE("a descriptor is closed once, by its last owner, and errno survives") {
    int raw = -1;
    {
        UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        raw = first.get();
        REQUIRE(is_open(raw));
        UniqueFd second(std::move(first));
        CHECK_FALSE(first);
        CHECK(second.get() == raw);
        errno = ENOSPC;
    }
    CHECK(errno == ENOSPC);
    CHECK_FALSE(is_open(raw));
}

TEST_CASE("release gives the descriptor away and assignment closes the old one") {
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int old = fd.get();
    fd = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(is_open(old));
    const int kept = fd.release();
    CHECK_FALSE(fd);
    CHECK(is_open(kept));
    ::close(kept);
}

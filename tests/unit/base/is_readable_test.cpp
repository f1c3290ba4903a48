#include <troika/base/is_readable.hpp>
#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace troika;

TEST_CASE("a pipe is readable when there is something in it, and at its end") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const UniqueFd read(ends[0]);
    UniqueFd write(ends[1]);
    CHECK_FALSE(is_readable(read.get()));
    REQUIRE(::write(write.get(), "x", 1) == 1);
    CHECK(is_readable(read.get()));
    char byte = 0;
    REQUIRE(::read(read.get(), &byte, 1) == 1);
    CHECK_FALSE(is_readable(read.get()));
    write.close();
    CHECK(is_readable(read.get()));
}

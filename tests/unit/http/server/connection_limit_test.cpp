#include <troika/base/unique_fd.hpp>
#include <troika/http/server/detail/connection_limit.hpp>

#include <fcntl.h>

#include <catch2/catch.hpp>

#include <vector>

using troika::UniqueFd;
using troika::http::detail::connection_limit;
using troika::http::detail::connection_limit_now;

TEST_CASE("nine tenths of the descriptors that are not in use are for connections") {
    CHECK(connection_limit(1000, 0) == 900);
    CHECK(connection_limit(64, 24) == 36);
    CHECK(connection_limit(64, 63) == 1);
}

TEST_CASE("without a free descriptor there is still one connection to wait for") {
    CHECK(connection_limit(64, 64) == 1);
    CHECK(connection_limit(64, 100) == 1);
}

TEST_CASE("what this process has open is left out, but for the connections themselves") {
    const std::size_t before = connection_limit_now(0);
    REQUIRE(before > 50);
    std::vector<UniqueFd> hoard;
    for (int i = 0; i < 40; ++i) hoard.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(connection_limit_now(0) == before - 36);
    CHECK(connection_limit_now(40) == before);
}

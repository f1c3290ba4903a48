#include <troika/base/scope_exit.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

using troika::ScopeExit;

TEST_CASE("a scope exit runs once, also when the block is left by an exception") {
    int runs = 0;
    {
        ScopeExit exit([&] { ++runs; });
    }
    CHECK(runs == 1);
    try {
        ScopeExit exit([&] { ++runs; });
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
    }
    CHECK(runs == 2);
}

TEST_CASE("a released scope exit does nothing") {
    int runs = 0;
    {
        ScopeExit exit([&] { ++runs; });
        exit.release();
    }
    CHECK(runs == 0);
}

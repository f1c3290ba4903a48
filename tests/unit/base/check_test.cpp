#include "abort.hpp"

#include <troika/base/check.hpp>

#include <catch2/catch.hpp>

#include <string>

TEST_CASE("a failed check aborts and says where, what and why") {
    const std::string text =
        troika::testing::text_of_abort([] { TROIKA_CHECK(1 + 1 == 3, "arithmetic is broken"); });
    CHECK(text.find("check_test.cpp") != std::string::npos);
    CHECK(text.find("1 + 1 == 3: arithmetic is broken") != std::string::npos);
    CHECK(text.find("no abort") == std::string::npos);
}

TEST_CASE("a check that holds costs nothing visible") { TROIKA_CHECK(true, "never shown"); }

#include <troika/base/error.hpp>

#include <catch2/catch.hpp>

#include <cerrno>

using namespace troika;

TEST_CASE("throw_errno names what we were doing and keeps the code") {
    errno = ENOENT;
    try {
        throw_errno("open the store");
        FAIL("did not throw");
    } catch (const IoError& error) {
        CHECK(std::string(error.what()) == "open the store: No such file or directory");
        CHECK(error.code() == boost::system::errc::no_such_file_or_directory);
    }
}

TEST_CASE("every member of the family is an Error and a std::exception") {
    CHECK_THROWS_AS(throw TimeoutError("late"), Error);
    CHECK_THROWS_AS(throw Overloaded("full", std::chrono::seconds(3)), Error);
    CHECK_THROWS_AS(throw Stopped("gone"), std::exception);
    CHECK(Overloaded("full", std::chrono::seconds(3)).retry_after() == std::chrono::seconds(3));
}

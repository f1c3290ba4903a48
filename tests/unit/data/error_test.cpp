#include <troika/data/error.hpp>

#include <catch2/catch.hpp>

using troika::data::DecodeError;

TEST_CASE("a decode error is one sentence, and its parts") {
    const DecodeError error("/a/0", "a number", "null");
    CHECK(std::string(error.what()) == "/a/0: expected a number, found null");
    CHECK(error.path() == "/a/0");
    CHECK(error.expected() == "a number");
    CHECK(error.found() == "null");
    CHECK(std::string(DecodeError("", "JSON", "nothing").what()) ==
          "the document: expected JSON, found nothing");
}

#include <archive/digest.hpp>

#include <troika/base/error.hpp>

#include <catch2/catch.hpp>

#include <string>

using archive::digest;

// FIPS 180-4 and NIST's example values.
TEST_CASE("digests are the published ones") {
    CHECK(digest("sha256", "").digest ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest("sha256", "abc").digest ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest("sha512", "abc").digest ==
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    CHECK(digest("sha512", "").digest ==
          "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
          "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

TEST_CASE("a digest of more than one step is that of the whole") {
    const std::string million(1'000'000, 'a');
    CHECK(digest("sha256", million).digest ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    const std::string steps((std::size_t{3} << 20) + 1, '\0');
    CHECK(digest("sha256", steps).digest !=
          digest("sha256", std::string_view(steps).substr(1)).digest);
    CHECK(digest("sha256", steps).size == (3 << 20) + 1);
    CHECK(digest("sha256", steps).algorithm == "sha256");
}

TEST_CASE("an unknown algorithm is an error and not a guess") {
    CHECK(archive::is_digest_algorithm("sha512"));
    CHECK_FALSE(archive::is_digest_algorithm("SHA512"));
    CHECK_FALSE(archive::is_digest_algorithm(""));
    CHECK_THROWS_AS(digest("md5", "abc"), troika::Error);
}

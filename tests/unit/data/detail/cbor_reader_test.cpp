#include "../binary_checks.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace troika::data;
using namespace samples;

TEST_CASE("a length is compared with the input before it is believed") {
    const auto huge = [](int first) {
        return raw({first, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
    };
    CHECK(refuses<std::string>(huge(0x7b)));
    CHECK(refuses<Bytes>(huge(0x5b)));
    CHECK(refuses<std::vector<Point>>(huge(0x9b)));
    CHECK(refuses<std::map<std::string, int>>(huge(0xbb)));
    CHECK(refuses<std::string>(raw({0x63, 'a', 'b'})));
}

TEST_CASE("what the writer never writes is refused") {
    CHECK(refuses<std::string>(raw({0x7f, 0x61, 'a', 0xff})));       // indefinite length
    CHECK(refuses<int>(raw({0xc1, 0x01})));                          // a tag
    CHECK(refuses<double>(raw({0xf9, 0x3c, 0x00})));                 // half precision
    CHECK(refuses<int>(raw({0x1c})));                                // reserved
    CHECK(refuses<Point>(raw({0xa2, 0x61, 'x', 1, 0x61, 'x', 1})));  // x twice
    CHECK(refuses<Point>(raw({0xa2, 0x01, 1, 0x61, 'y', 1})));       // a number as name
    CHECK(refuses<nlohmann::json>(raw({0xa2, 0x61, 'x', 1, 0x61, 'x', 1})));
    CHECK(refuses<nlohmann::json>(Bytes(100'000, std::byte{0x81})));  // nested without end
    CHECK(refuses<Tree>(Bytes{}));
}

TEST_CASE("every truncation is an error") {
    const Bytes whole = encode(everything());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(refuses<Everything>(Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
}

TEST_CASE("damaged bytes give an error or another value, never undefined behaviour") {
    const Bytes whole = encode(everything());
    std::mt19937 random(1);
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        Bytes damaged = whole;
        for (int i = 0; i < 1 + round % 4; ++i)
            damaged[random() % damaged.size()] = static_cast<std::byte>(random() & 0xff);
        refused += refuses<Everything>(damaged);
    }
    CHECK(refused > 1000);
}

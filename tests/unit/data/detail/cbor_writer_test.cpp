#include "../binary_checks.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace troika::data;
using namespace samples;

TEST_CASE("byte buffers and vectors of numbers are their memory behind one length") {
    const std::vector<double> numbers(1000, 0.1);
    const Bytes bytes = encode(numbers);
    CHECK(bytes.size() == 3 + 8000);
    CHECK(std::memcmp(bytes.data() + 3, numbers.data(), 8000) == 0);
    CHECK(decode<std::vector<double>>(bytes) == numbers);
    CHECK(decode<std::array<int, 3>>(encode(std::array{1, 2, 3})) == std::array{1, 2, 3});
    CHECK(refuses<std::vector<double>>(encode(std::vector<std::byte>(7))));
    CHECK(refuses<std::array<int, 2>>(encode(std::array{1, 2, 3})));
}

TEST_CASE("integers keep their exact value at every width") {
    for (int bit = 0; bit < 63; ++bit) {
        const std::int64_t value = (std::int64_t{1} << bit) - 1;
        CHECK(decode<std::int64_t>(encode(value)) == value);
        CHECK(decode<std::int64_t>(encode(-value - 1)) == -value - 1);
    }
    CHECK(decode<std::int64_t>(encode(std::numeric_limits<std::int64_t>::min())) ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(refuses<std::int8_t>(encode(128)));
    CHECK(refuses<std::int64_t>(raw({0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})));
}

#include <troika/data/binary.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace troika::data;
using namespace samples;

namespace {
Bytes raw(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

template <typename T>
bool refuses(const Bytes& bytes) {
    try {
        (void)decode<T>(bytes);
    } catch (const DecodeError&) {
        return true;
    }
    return false;
}

struct Plain {};
}  // namespace

TEST_CASE("a struct with a member of every kind survives the binary form") {
    const Everything before = everything();
    CHECK(decode<Everything>(encode(before)) == before);
}

TEST_CASE("several arguments come back as a tuple, none as nothing") {
    const Bytes bytes = encode(1, std::string("two"), Point{3, 4});
    CHECK(decode<int, std::string, Point>(bytes) == std::tuple(1, std::string("two"), Point{3, 4}));
    CHECK(encode().empty());
    CHECK_NOTHROW(decode_arguments<>(encode()));
    CHECK_THROWS_AS(decode_arguments<>(bytes), DecodeError);
    CHECK_THROWS_AS((decode<int, std::string>(bytes)), DecodeError);
}

TEST_CASE("what is already in the buffer stays in front") {
    Bytes bytes = raw({1, 2, 3});
    encode_to(bytes, std::string("x"));
    CHECK(bytes == raw({1, 2, 3, 0x61, 'x'}));
}

TEST_CASE("strings hold any bytes and NaN travels") {
    const std::string bytes("\xff\x00\xc0", 3);
    CHECK(decode<std::string>(encode(bytes)) == bytes);
    CHECK(std::isnan(decode<double>(encode(std::numeric_limits<double>::quiet_NaN()))));
    CHECK(std::isinf(decode<float>(encode(std::numeric_limits<float>::infinity()))));
}

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

TEST_CASE("what may travel is known at compile time") {
    STATIC_REQUIRE(Encodable<Everything>);
    STATIC_REQUIRE(Encodable<std::vector<std::map<std::string, std::optional<Tree>>>>);
    STATIC_REQUIRE_FALSE(Encodable<int*>);
    STATIC_REQUIRE_FALSE(Encodable<const char*>);
    STATIC_REQUIRE_FALSE(Encodable<int&>);
    STATIC_REQUIRE_FALSE(Encodable<std::string_view>);
    STATIC_REQUIRE_FALSE(Encodable<std::span<int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::vector<std::string_view>>);
    STATIC_REQUIRE_FALSE(Encodable<std::pair<int, void*>>);
    STATIC_REQUIRE_FALSE(Encodable<char>);
    STATIC_REQUIRE_FALSE(Encodable<long double>);
    STATIC_REQUIRE_FALSE(Encodable<Plain>);
    const auto lambda = [] {};
    STATIC_REQUIRE_FALSE(Encodable<decltype(lambda)>);
    STATIC_REQUIRE_FALSE(Encodable<std::shared_ptr<int>>);
}

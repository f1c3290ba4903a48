#include <troika/workers/detail/clipped.hpp>
#include <troika/workers/detail/weight.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using troika::workers::detail::clipped;
using troika::workers::detail::weight;

namespace {

struct Part {
    std::string text;
    std::vector<double> numbers;
};
BOOST_DESCRIBE_STRUCT(Part, (), (text, numbers))
struct Whole {
    int id = 0;
    std::optional<Part> part;
    std::vector<Part> more;
    std::map<std::string, std::string> names;
    std::variant<int, std::string> either;
};
BOOST_DESCRIBE_STRUCT(Whole, (), (id, part, more, names, either))

struct Opaque {};

}  // namespace

TEST_CASE("what large arguments weigh is seen wherever it sits in them") {
    const std::string kilo(1000, 'x');
    CHECK(weight(7) == 0);
    CHECK(weight(Opaque{}) == 0);
    CHECK(weight(kilo) == 1000);
    CHECK(weight("abc") == 3);
    CHECK(weight(std::vector<std::int64_t>(100)) == 800);
    CHECK(weight(std::array<float, 4>{}) == 16);
    CHECK(weight(std::vector<bool>(8)) == 8);
    CHECK(weight(std::vector<std::string>(3, kilo)) >= 3000);
    CHECK(weight(std::optional<std::string>(kilo)) == 1000);
    CHECK(weight(std::optional<std::string>()) == 0);
    CHECK(weight(std::pair(1, kilo)) == 1000);
    CHECK(weight(std::tuple(kilo, 2, kilo)) == 2000);
    const Part part{kilo, {1, 2}};
    CHECK(weight(part) == 1016);
    CHECK(weight(Whole{1, part, {part, part}, {{"key", kilo}}, kilo}) >= 3 * 1016 + 1003 + 1000);
}

TEST_CASE("a long text is cut off between characters") {
    CHECK(clipped("short", 5) == "short");
    CHECK(clipped("longer", 4) == "long... (2 bytes more)");
    CHECK(clipped("ab\u00e9cd", 3) == "ab... (4 bytes more)");
    CHECK(clipped(std::string(9, '\x80'), 6) == "\x80\x80\x80... (6 bytes more)");
}

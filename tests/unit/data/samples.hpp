#pragma once

#include "json.hpp"

#include <troika/data/value.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

// What the tests of data/ describe: one member of every kind.
namespace samples {

enum class Colour { red, green, blue };
BOOST_DESCRIBE_ENUM(Colour, red, green, blue)

struct Point {
    int x = 0;
    int y = 0;
    bool operator==(const Point&) const = default;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, y))

struct Everything {
    bool flag = false;
    std::int8_t small = 0;
    std::uint64_t large = 0;
    double real = 0;
    float single = 0;
    std::string text;
    std::optional<int> maybe;
    std::vector<Point> points;
    std::vector<bool> bits;
    std::vector<std::byte> bytes;
    std::vector<double> numbers;
    std::array<std::string, 2> names;
    std::map<std::string, Point> named;
    std::pair<int, std::string> pair;
    std::tuple<bool, double, Colour> mixed{false, 0, Colour::red};
    Colour colour = Colour::red;
    std::chrono::milliseconds wait{0};
    troika::data::ByteSize size;
    std::filesystem::path path;
    nlohmann::json raw;
    bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, small, large, real, single, text, maybe, points, bits, bytes, numbers,
                       names, named, pair, mixed, colour, wait, size, path, raw))

struct Tree {
    std::string name;
    std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (name, children))

inline Everything everything() {
    Everything e;
    e.flag = true;
    e.small = -128;
    e.large = 18446744073709551615ULL;
    e.real = 0.1;
    e.single = 1.5F;
    e.text = "line\n\"quoted\" \\ \x01 \xc3\xa9";
    e.maybe = 7;
    e.points = {{1, 2}, {3, 4}};
    e.bits = {true, false, true};
    e.bytes = {std::byte{0}, std::byte{255}};
    e.numbers = {1, 2.5, -3e300};
    e.names = {"a", "b"};
    e.named = {{"origin", {0, 0}}, {"a/b~c", {9, 9}}};
    e.pair = {5, "five"};
    e.mixed = {true, 2.0, Colour::blue};
    e.colour = Colour::green;
    e.wait = std::chrono::milliseconds(1500);
    e.size = 65536;
    e.path = "/var/lib/troika";
    e.raw = {{"any", {1, 2.0, nullptr, "x"}}};
    return e;
}

}  // namespace samples

#include <troika/base/huge_pages.hpp>
#include <troika/data/detail/cbor_reader.hpp>

#include <bit>
#include <limits>

namespace troika::data::detail {

void CborReader::finish() const {
    if (!rest_.empty())
        fail("the end of the message", std::to_string(rest_.size()) + " more bytes");
}

unsigned CborReader::peek() const {
    if (rest_.empty()) fail("a value", "the end of the message");
    return std::to_integer<unsigned>(rest_.front());
}

Kind CborReader::kind() {
    const unsigned first = peek();
    switch (first >> 5) {
        case 0:
        case 1: return Kind::number;
        case 2: return Kind::bytes;
        case 3: return Kind::text;
        case 4: return Kind::array;
        case 5: return Kind::object;
        default: break;
    }
    if (first == 0xf4 || first == 0xf5) return Kind::boolean;
    if (first == 0xf6) return Kind::null;
    if (first == 0xfb) return Kind::number;
    fail("a value", "the byte " + std::to_string(first) + ", which begins none");
}

std::span<const std::byte> CborReader::take(std::uint64_t count) {
    if (count > rest_.size())
        fail(std::to_string(count) + " bytes",
             "a message that ends after " + std::to_string(rest_.size()));
    const auto taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
}

std::uint64_t CborReader::argument() {
    const unsigned low = peek() & 31;
    rest_ = rest_.subspan(1);
    if (low < 24) return low;
    if (low > 27) fail("a definite length", "an indefinite or reserved one");
    std::uint64_t value = 0;
    for (const std::byte byte : take(1ULL << (low - 24)))
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
}

void CborReader::expect(Kind wanted, const char* name) {
    if (kind() != wanted) fail(name);
}

void CborReader::null() {
    expect(Kind::null, "null");
    rest_ = rest_.subspan(1);
}

bool CborReader::boolean() {
    expect(Kind::boolean, "true or false");
    const bool value = peek() == 0xf5;
    rest_ = rest_.subspan(1);
    return value;
}

Number CborReader::number() {
    expect(Kind::number, "a number");
    const unsigned major = peek() >> 5;
    const std::uint64_t value = argument();
    if (major == 7) return std::bit_cast<double>(value);
    if (major == 0) return value;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail("an integer of 64 bits", "a smaller one");
    return static_cast<std::int64_t>(~value);
}

std::string_view CborReader::text() {
    expect(Kind::text, "text");
    const auto taken = take(argument());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

std::vector<std::byte> CborReader::bytes() {
    const auto taken = view_bytes();
    std::vector<std::byte> bytes;
    reserve_if_large(bytes, taken.size());
    bytes.assign(taken.begin(), taken.end());
    return bytes;
}

std::span<const std::byte> CborReader::view_bytes() {
    expect(Kind::bytes, "a byte string");
    return take(argument());
}

// Every element takes a byte at least, every member two.
void CborReader::enter(bool object) {
    const std::uint64_t count = argument();
    if (count > rest_.size() / (object ? 2 : 1))
        fail(std::to_string(count) + (object ? " members" : " elements"),
             "a message that ends after " + std::to_string(rest_.size()) + " bytes");
    descend(object);
    levels_.push_back({static_cast<std::size_t>(count)});
}

bool CborReader::next() {
    if (levels_.back().left == 0) {
        levels_.pop_back();
        ascend();
        return false;
    }
    --levels_.back().left;
    return true;
}

void CborReader::enter_array() {
    expect(Kind::array, "an array");
    enter(false);
}

bool CborReader::next_element() {
    if (!next()) return false;
    at_element(levels_.back().taken++);
    return true;
}

void CborReader::enter_object() {
    expect(Kind::object, "an object");
    enter(true);
}

bool CborReader::next_member(std::string_view& name) {
    if (!next()) return false;
    name = text();
    at_member(name);
    return true;
}

}  // namespace troika::data::detail

#include <troika/data/detail/cbor_writer.hpp>
#include <troika/data/error.hpp>

#include <bit>

namespace troika::data::detail {

// RFC 8949 section 3: three bits of major type, five bits of argument or its width.
void CborWriter::head(unsigned major, std::uint64_t argument) {
    const unsigned type = major << 5;
    if (argument < 24) return put(type | static_cast<unsigned>(argument));
    const int width = argument <= 0xff         ? 0
                      : argument <= 0xffff     ? 1
                      : argument <= 0xffffffff ? 2
                                               : 3;
    put(type | (24U + static_cast<unsigned>(width)));
    for (int shift = (8 << width) - 8; shift >= 0; shift -= 8)
        put(static_cast<unsigned>(argument >> shift & 0xff));
}

void CborWriter::integer(std::int64_t value) {
    if (value >= 0)
        head(0, static_cast<std::uint64_t>(value));
    else
        head(1, ~static_cast<std::uint64_t>(value));
}

void CborWriter::number(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    put(0xfb);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<unsigned>(bits >> shift & 0xff));
}

void CborWriter::text(std::string_view value) {
    head(3, value.size());
    append(std::as_bytes(std::span(value)));
}

void CborWriter::bytes(std::span<const std::byte> value) {
    head(2, value.size());
    append(value);
}

void CborWriter::open(unsigned major, std::size_t count) {
    if (depth_++ >= kMaxDepth) throw EncodeError("a value nested too deeply to travel");
    head(major, count);
}

}  // namespace troika::data::detail

#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace archive {

struct Digest {
    std::string algorithm;
    std::string digest;     // lower-case hexadecimal
    std::int64_t size = 0;  // bytes digested
};
BOOST_DESCRIBE_STRUCT(Digest, (), (algorithm, digest, size))

// The names digest() understands.
std::span<const std::string_view> digest_algorithms() noexcept;
bool is_digest_algorithm(std::string_view name) noexcept;

// 64 MB take 0.1 to 0.4 s: for worker processes. Throws Stopped when the worker is asked to stop,
// Error for an unknown algorithm.
Digest digest(const std::string& algorithm, std::string_view content);

}  // namespace archive

#pragma once

#include "samples.hpp"

#include <troika/data/binary.hpp>

#include <initializer_list>

namespace samples {

inline troika::data::Bytes raw(std::initializer_list<int> values) {
    troika::data::Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// True if decoding gives a DecodeError.
template <typename T>
bool refuses(const troika::data::Bytes& bytes) {
    try {
        (void)troika::data::decode<T>(bytes);
    } catch (const troika::data::DecodeError&) {
        return true;
    }
    return false;
}

}  // namespace samples

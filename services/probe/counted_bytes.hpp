#pragma once

#include <troika/http/message/stream.hpp>

#include <cstdint>

namespace probe {

// `count` bytes of "0123456789abcdef" over and over, in pieces of 64 KB that all streams share.
class CountedBytes final : public troika::Stream {
  public:
    explicit CountedBytes(std::uint64_t count) noexcept : count_(count), left_(count) {}

    troika::Task<std::optional<std::string_view>> next() override;
    std::optional<std::uint64_t> length() const override { return count_; }

  private:
    std::uint64_t count_;
    std::uint64_t left_;
};

}  // namespace probe

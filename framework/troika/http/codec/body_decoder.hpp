#pragma once

#include <troika/http/codec/head_parser.hpp>

#include <cstdint>
#include <string_view>

namespace troika::http {

// Takes a request body apart as its bytes come, by length or in chunks (RFC 9112 7.1). Chunk
// extensions and trailers are dropped and their size is capped.
//
//   while (!(piece = decoder.take(input)).empty()) use(piece);
//   if (decoder.failed()) refuse(decoder.refusal()); else if (!decoder.done()) read more;
//
// Pure: no I/O. Pieces are views into the input.
class BodyDecoder final {
  public:
    BodyDecoder() noexcept = default;
    // Refuses with 413 beyond `limit` bytes of body.
    BodyDecoder(const HeadFacts& facts, std::uint64_t limit) noexcept;

    // The next piece of body; empty when the input is used up, or at the end of the body, or
    // failed.
    std::string_view take(std::string_view& input) noexcept;

    bool done() const noexcept { return state_ == State::done; }
    bool failed() const noexcept { return state_ == State::failed; }
    const Refusal& refusal() const noexcept { return refusal_; }
    // What is still to come, where it is known; 0 in chunks.
    std::uint64_t known_rest() const noexcept { return chunked_ ? 0 : left_; }
    std::uint64_t taken() const noexcept { return taken_; }

  private:
    enum class State : std::uint8_t {
        data,  // of the body or of a chunk; `left_` to go
        size_first,
        size,
        extension,
        size_lf,
        data_cr,
        data_lf,
        trailer_first,
        trailer_name,
        trailer,
        trailer_lf,
        last_lf,
        done,
        failed
    };

    State step(char c) noexcept;
    State size_ended(State next) noexcept;
    State refuse(Status status, std::string_view text) noexcept;
    State count_overhead(State next) noexcept;

    std::uint64_t left_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t limit_ = 0;
    Refusal refusal_;
    std::uint32_t overhead_ = 0;
    std::uint8_t digits_ = 0;
    bool chunked_ = false;
    State state_ = State::done;
};

}  // namespace troika::http

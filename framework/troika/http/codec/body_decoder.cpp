#include <troika/http/codec/body_decoder.hpp>
#include <troika/http/detail/ascii.hpp>

#include <algorithm>

// size_first ─hex─► size ─;─► extension
//                    │ CR         │ CR
//                    └──► size_lf ◄┘
//                           │ LF, size > 0          │ LF, size = 0
//                         data ─► data_cr ─► data_lf ─► size_first
//                                            trailer_first ─CR─► last_lf ─LF─► done
//                                                 │ other ▲ LF
//                                       trailer_name ─:─► trailer ─CR─► trailer_lf
namespace troika::http {

namespace {
constexpr std::uint32_t kMaxOverhead = 8 * 1024;  // extensions and trailers of one body
constexpr int kMaxDigits = 15;                    // of a chunk size: no overflow to look out for
}  // namespace

BodyDecoder::BodyDecoder(const HeadFacts& facts, std::uint64_t limit) noexcept : limit_(limit) {
    if (facts.framing == Framing::chunked) {
        chunked_ = true;
        state_ = State::size_first;
    } else if (facts.framing == Framing::length && facts.length > 0) {
        left_ = facts.length;
        state_ = left_ > limit ? refuse(Status::content_too_large, "the body is too large")
                               : State::data;
    }
}

BodyDecoder::State BodyDecoder::refuse(Status status, std::string_view text) noexcept {
    refusal_ = {status, text};
    return State::failed;
}

BodyDecoder::State BodyDecoder::count_overhead(State next) noexcept {
    if (++overhead_ > kMaxOverhead)
        return refuse(Status::bad_request, "chunk extensions and trailers are too large");
    return next;
}

BodyDecoder::State BodyDecoder::size_ended(State next) noexcept {
    if (left_ > limit_ - taken_) return refuse(Status::content_too_large, "the body is too large");
    return next;
}

BodyDecoder::State BodyDecoder::step(char c) noexcept {
    const auto is_control = [](char x) {
        return (static_cast<unsigned char>(x) < 0x20 && x != '\t') || x == 0x7f;
    };
    switch (state_) {
        case State::size_first:
        case State::size: {
            const int digit = detail::hex_value(c);
            if (digit >= 0) {
                digits_ = state_ == State::size_first ? 1 : static_cast<std::uint8_t>(digits_ + 1);
                if (digits_ > kMaxDigits)
                    return refuse(Status::bad_request, "a chunk size is too long");
                left_ = (state_ == State::size_first ? 0 : left_ * 16) +
                        static_cast<std::uint64_t>(digit);
                return State::size;
            }
            if (state_ == State::size && c == '\r') return size_ended(State::size_lf);
            if (state_ == State::size && c == ';') return size_ended(State::extension);
            return refuse(Status::bad_request, "a chunk size is malformed");
        }
        case State::extension:
            if (c == '\r') return State::size_lf;
            if (is_control(c)) return refuse(Status::bad_request, "a chunk extension is malformed");
            return count_overhead(State::extension);
        case State::size_lf:
            if (c != '\n') break;
            return left_ > 0 ? State::data : State::trailer_first;
        case State::data_cr:
            if (c != '\r') break;
            return State::data_lf;
        case State::data_lf:
            if (c != '\n') break;
            return State::size_first;
        case State::trailer_first:
            if (c == '\r') return State::last_lf;
            if (!detail::is_token_char(c))
                return refuse(Status::bad_request, "a trailer is malformed");
            return count_overhead(State::trailer_name);
        case State::trailer_name:
            if (c == ':') return count_overhead(State::trailer);
            if (!detail::is_token_char(c))
                return refuse(Status::bad_request, "a trailer is malformed");
            return count_overhead(State::trailer_name);
        case State::trailer:
            if (c == '\r') return count_overhead(State::trailer_lf);
            if (is_control(c)) return refuse(Status::bad_request, "a trailer is malformed");
            return count_overhead(State::trailer);
        case State::trailer_lf:
            if (c != '\n') break;
            return State::trailer_first;
        case State::last_lf:
            if (c != '\n') break;
            return State::done;
        case State::data:
        case State::done:
        case State::failed: return state_;
    }
    return refuse(Status::bad_request, "a chunk ends wrongly");
}

std::string_view BodyDecoder::take(std::string_view& input) noexcept {
    while (!input.empty() && state_ != State::done && state_ != State::failed) {
        if (state_ == State::data) {
            const std::string_view piece =
                input.substr(0, std::min<std::uint64_t>(left_, input.size()));
            input.remove_prefix(piece.size());
            left_ -= piece.size();
            taken_ += piece.size();
            if (left_ == 0) state_ = chunked_ ? State::data_cr : State::done;
            return piece;
        }
        state_ = step(input.front());
        input.remove_prefix(1);
    }
    return {};
}

}  // namespace troika::http

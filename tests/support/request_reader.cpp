#include "request_reader.hpp"

namespace troika::testing {

using http::HeadResult;

bool RequestReader::refuse(const http::Refusal& refusal) {
    refused_ = http::to_int(refusal.status);
    closed_ = true;
    return false;
}

// `more`: there is no complete head yet.
bool RequestReader::read_head(std::string_view& input, bool& more) {
    more = !scanner_.worth_parsing(input, limits_);
    if (more) return true;
    const HeadResult result = http::parse_head(input, limits_, head_);
    if (result.state == HeadResult::State::invalid) return refuse(result.refusal);
    input.remove_prefix(result.facts.consumed);
    more = result.state == HeadResult::State::incomplete;
    const std::size_t lines = more ? result.facts.consumed / 2 : result.facts.empty_lines;
    if (lines > 0 && scanner_.count_empty_lines(lines) > limits_.empty_lines)
        return refuse({http::Status::bad_request, http::kTooManyEmptyLines});
    if (more) return true;
    scanner_.reset();
    facts_ = result.facts;
    decoder_ = http::BodyDecoder(facts_, body_limit_);
    if (decoder_.failed()) return refuse(decoder_.refusal());
    in_body_ = true;
    body_.clear();
    return true;
}

bool RequestReader::feed(std::string_view piece) {
    if (closed_) return false;
    kept_ += piece;
    std::string_view input = kept_;
    while (!input.empty() || in_body_) {
        if (!in_body_) {
            bool more = false;
            if (!read_head(input, more)) return false;
            if (more) break;
        }
        std::string_view taken;
        while (!(taken = decoder_.take(input)).empty()) body_ += taken;
        if (decoder_.failed()) return refuse(decoder_.refusal());
        if (!decoder_.done()) break;
        in_body_ = false;
        on_request_({head_, facts_, body_});
        if (facts_.keep_alive) continue;
        closed_ = true;
        return false;
    }
    kept_.erase(0, kept_.size() - input.size());
    return true;
}

}  // namespace troika::testing

#pragma once

#include <troika/http/codec/body_decoder.hpp>
#include <troika/http/codec/head_parser.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace troika::testing {

// Reads requests from bytes that come in pieces, the way a connection does, without one: an unfinished
// head is kept from its first byte, and a finished one leaves nothing behind.
class RequestReader final {
  public:
    struct Outcome {
        http::RequestHead& head;
        const http::HeadFacts& facts;
        const std::string& body;
    };
    using OnRequest = std::function<void(const Outcome&)>;

    explicit RequestReader(OnRequest on_request, std::size_t body_limit = 1024 * 1024)
        : on_request_(std::move(on_request)), body_limit_(body_limit) {}

    // False once nothing more is read: something was refused, or the connection would end.
    bool feed(std::string_view piece);

    // 0: nothing was refused.
    int refused() const noexcept { return refused_; }
    bool closed() const noexcept { return closed_; }
    bool in_the_middle() const noexcept { return in_body_ || !kept_.empty(); }

  private:
    bool refuse(const http::Refusal& refusal);
    bool read_head(std::string_view& input, bool& more);

    OnRequest on_request_;
    std::size_t body_limit_;
    http::HeadLimits limits_;
    http::HeadScanner scanner_;
    http::RequestHead head_;
    http::HeadFacts facts_;
    http::BodyDecoder decoder_;
    std::string body_;
    std::string kept_;
    int refused_ = 0;
    bool in_body_ = false;
    bool closed_ = false;
};

}  // namespace troika::testing

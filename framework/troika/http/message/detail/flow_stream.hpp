#pragma once

#include <troika/async/flow.hpp>
#include <troika/http/message/stream.hpp>

#include <string>
#include <utility>

namespace troika::http::detail {

// The texts of a generator as the pieces of a body.
class FlowStream : public Stream {
  public:
    explicit FlowStream(Flow<std::string> pieces) noexcept : pieces_(std::move(pieces)) {}

    Task<std::optional<std::string_view>> next() override {
        piece_ = co_await pieces_.next();
        if (!piece_) co_return std::nullopt;
        co_return *piece_;
    }

  private:
    Flow<std::string> pieces_;
    std::optional<std::string> piece_;
};

}  // namespace troika::http::detail

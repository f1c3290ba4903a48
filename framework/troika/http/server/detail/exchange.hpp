#pragma once

#include <troika/async/scope.hpp>
#include <troika/http/codec/body_decoder.hpp>
#include <troika/http/codec/response_writer.hpp>
#include <troika/http/handler.hpp>
#include <troika/http/server/detail/body_budget.hpp>

#include <cstdint>
#include <optional>

namespace troika::http::detail {

// One request and its response while a connection deals with them. Kept in a pool and used again, so that
// a request costs no memory of its own and an idle connection has none.
struct Exchange {
    Request request;
    HeadFacts facts;
    const Endpoint* endpoint = nullptr;
    BodyDecoder decoder;
    std::optional<Scope> scope;
    std::optional<Response> response;
    ResponseFraming framing = ResponseFraming::none;
    Clock::TimePoint began;
    Clock::TimePoint deadline;
    Clock::TimePoint body_expiry;      // until when the body may stay silent
    Clock::TimePoint body_left_at;     // when a handler that streams it last stopped waiting for it
    std::uint64_t body_credited = 0;   // bytes of body that have moved body_expiry
    std::uint64_t discarded_from = 0;  // bytes of body its handler had read
    BodyShare share;                   // of the server's budget, while the body is buffered
    std::uint64_t sent = 0;
    bool active = false;           // from a complete head to the end of the answer
    bool body_unread = false;      // the handler did not want it
    bool continue_wanted = false;  // 100 Continue is owed before the first read
    bool cut = false;              // by the end of a drain
    bool awaits_body = false;      // its handler waits for the client
    bool unheard = false;          // its client is gone, and what it asked for goes on
    bool given_up = false;         // there was no room for its body and for the earlier ones

    // All but the decoder, which may still have to skip a body.
    void recycle() noexcept {
        response.reset();  // its stream may hold tasks below the scope
        scope.reset();
        request.recycle();
        endpoint = nullptr;
        share = {};
        body_credited = sent = 0;
        active = body_unread = continue_wanted = cut = awaits_body = given_up = unheard = false;
    }
};

}  // namespace troika::http::detail

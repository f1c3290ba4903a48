#pragma once

#include <cstdint>
#include <string_view>

namespace troika {

// Why a scope was cancelled. The first reason stays.
enum class CancelReason : std::uint8_t {
    asked,           // somebody called cancel()
    client_gone,     // nobody waits for the answer any more
    deadline,        // a deadline of ours passed
    shutdown,        // the service is stopping
    sibling_failed,  // another task of the group threw
};

std::string_view to_string(CancelReason reason) noexcept;

// Thrown by every waiting co_await in a cancelled scope, again and again until the scope ends.
// Deliberately no std::exception: `catch (const std::exception&)` in a handler cannot swallow it.
struct Cancelled {
    CancelReason reason;
};

}  // namespace troika

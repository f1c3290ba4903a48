#include <troika/async/detail/limit_link.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/suspension.hpp>
#include <troika/base/check.hpp>

#include <cstdint>

namespace troika {

std::string_view to_string(CancelReason reason) noexcept {
    switch (reason) {
        case CancelReason::asked: return "asked";
        case CancelReason::client_gone: return "client_gone";
        case CancelReason::deadline: return "deadline";
        case CancelReason::shutdown: return "shutdown";
        case CancelReason::sibling_failed: return "sibling_failed";
    }
    return "unknown";
}

Scope::Scope(EventLoop& loop, std::string_view name) noexcept : loop_(&loop), name_(name) {}

Scope::Scope(Scope& parent, std::string_view name, Shield shield) noexcept
    : loop_(parent.loop_),
      parent_(&parent),
      next_sibling_(parent.first_child_),
      context_(parent.context_),
      name_(name),
      shielded_(shield == Shield::yes) {
    if (next_sibling_ != nullptr) next_sibling_->previous_sibling_ = this;
    parent.first_child_ = this;
    if (shielded_) return;
    deadline_ = parent.deadline_;
    cancelled_ = parent.cancelled_;
    reason_ = parent.reason_;
}

Scope::~Scope() {
    if (parent_ != nullptr) {
        (previous_sibling_ != nullptr ? previous_sibling_->next_sibling_ : parent_->first_child_) =
            next_sibling_;
        if (next_sibling_ != nullptr) next_sibling_->previous_sibling_ = previous_sibling_;
    }
    // One look, and the call last: every request ends a scope, and hardly one has either.
    const auto left =
        reinterpret_cast<std::uintptr_t>(first_child_) | reinterpret_cast<std::uintptr_t>(limits_);
    if (left == 0) [[likely]]
        return;
    TROIKA_CHECK(first_child_ == nullptr, "a scope ended before one below it");
    detail::LimitLink::let_go(*this);
}

void Scope::cancel(CancelReason reason) noexcept {
    if (cancelled_) return;
    cancelled_ = true;
    reason_ = reason;
    if (waiting_ != nullptr) waiting_->on_cancel();
    for (Scope* child = first_child_; child != nullptr; child = child->next_sibling_)
        if (!child->shielded_) child->cancel(reason);
}

}  // namespace troika

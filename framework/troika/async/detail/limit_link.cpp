#include <troika/async/detail/limit_link.hpp>

#include <utility>

namespace troika::detail {

LimitLink::LimitLink(Scope& place) noexcept : place_(&place) { hang(place.limits_, place.limits_); }

LimitLink::~LimitLink() {
    if (holder_ == nullptr) return;
    *holder_ = outer_;
    if (outer_ != nullptr) outer_->holder_ = holder_;
}

void LimitLink::hang(LimitLink*& holder, LimitLink* outer) noexcept {
    outer_ = outer;
    holder_ = &holder;
    if (outer != nullptr) outer->holder_ = &outer_;
    holder = this;
}

void LimitLink::let_go(Scope& scope) noexcept {
    while (LimitLink* const link = scope.limits_) {
        scope.limits_ = std::exchange(link->outer_, nullptr);
        link->holder_ = nullptr;
        link->place_ = nullptr;
    }
}

void LimitLink::take_along(Scope& scope, const LimitLink* before, LimitLink*& kept) noexcept {
    LimitLink** end = &kept;
    while (scope.limits_ != before && scope.limits_ != nullptr) {
        LimitLink* const link = scope.limits_;
        scope.limits_ = link->outer_;
        if (scope.limits_ != nullptr) scope.limits_->holder_ = &scope.limits_;
        link->place_ = nullptr;
        link->hang(*end, nullptr);
        end = &link->outer_;
    }
}

void LimitLink::bring_back(Scope& scope, LimitLink*& kept) noexcept {
    LimitLink* const own = std::exchange(kept, nullptr);
    LimitLink* oldest = own;
    for (LimitLink* link = own; link != nullptr; link = link->outer_) {
        link->place_ = &scope;
        oldest = link;
    }
    oldest->outer_ = scope.limits_;
    if (scope.limits_ != nullptr) scope.limits_->holder_ = &oldest->outer_;
    own->holder_ = &scope.limits_;
    scope.limits_ = own;
}

}  // namespace troika::detail

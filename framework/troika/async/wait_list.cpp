#include <troika/async/detail/wait_list.hpp>
#include <troika/base/check.hpp>

#include <utility>

namespace troika::detail {

ListedSuspension::~ListedSuspension() { leave(); }

void ListedSuspension::wait_in(WaitList& list) noexcept { list.append(*this); }

void ListedSuspension::leave() noexcept {
    if (list_ != nullptr) list_->remove(*this);
}

void ListedSuspension::on_cancel() noexcept {
    leave();
    complete_cancelled();
}

WaitList::~WaitList() {
    TROIKA_CHECK(empty(), "a synchronisation object was destroyed while tasks wait for it");
}

void WaitList::append(ListedSuspension& waiter) noexcept {
    waiter.list_ = this;
    waiter.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &waiter;
    last_ = &waiter;
    ++size_;
}

void WaitList::remove(ListedSuspension& waiter) noexcept {
    (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
    (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
    waiter.list_ = nullptr;
    waiter.next_ = waiter.previous_ = nullptr;
    --size_;
}

ListedSuspension& WaitList::take_first() noexcept {
    ListedSuspension& waiter = *first_;
    remove(waiter);
    return waiter;
}

void WaitList::resume_first() noexcept { take_first().resume_soon(); }

}  // namespace troika::detail

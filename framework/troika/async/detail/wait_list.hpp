#pragma once

#include <troika/async/suspension.hpp>

#include <cstddef>

namespace troika::detail {

class WaitList;

// A suspension that queues in a WaitList; a cancel takes it out. First in, first out.
class ListedSuspension : public Suspension {
  public:
    ~ListedSuspension() override;

  protected:
    using Suspension::Suspension;
    void wait_in(WaitList& list) noexcept;
    void leave() noexcept;  // the list it is in, if any
    void on_cancel() noexcept override;

  private:
    friend class WaitList;
    WaitList* list_ = nullptr;
    ListedSuspension* next_ = nullptr;
    ListedSuspension* previous_ = nullptr;
};

// Intrusive FIFO of waiting coroutines: no allocation, O(1) withdrawal.
class WaitList final {
  public:
    WaitList() noexcept = default;
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;
    ~WaitList();

    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    ListedSuspension& front() const noexcept { return *first_; }
    // Takes the first one out, still waiting.
    ListedSuspension& take_first() noexcept;
    // Takes the first one out; resumes it in its turn.
    void resume_first() noexcept;
    void resume_all() noexcept {
        while (!empty()) resume_first();
    }

  private:
    friend class ListedSuspension;
    void append(ListedSuspension& waiter) noexcept;
    void remove(ListedSuspension& waiter) noexcept;
    ListedSuspension* first_ = nullptr;
    ListedSuspension* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace troika::detail

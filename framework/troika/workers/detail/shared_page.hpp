#pragma once

#include <troika/base/unique_fd.hpp>
#include <troika/observe/log_record.hpp>
#include <troika/workers/detail/mailbox.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace troika::workers::detail {

// What server and worker tell each other without a system call. Job ids start at 1.
struct PageContent {
    std::atomic<std::uint64_t> stop_requested{0};  // server: this job should end soon
    std::atomic<std::uint32_t> sent{0};      // server: frames in the socket, one more after each
    std::atomic<std::uint64_t> started{0};   // worker: the last job whose code began to run
    std::atomic<bool> told_to_leave{false};  // worker: SIGTERM has come
    // worker: most bytes resident so far, after each job where the pool asked for it
    std::atomic<std::uint64_t> peak_memory{0};
    std::atomic<log::Level> log_level{log::Level::info};  // server: from the next job on
    Mailbox to_worker;                                    // jobs
    Mailbox to_server;                                    // their answers
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

// A piece of memory shared by the server and one worker.
class SharedPage final {
  public:
    SharedPage() noexcept = default;
    SharedPage(SharedPage&& other) noexcept : content_(std::exchange(other.content_, nullptr)) {}
    SharedPage& operator=(SharedPage&& other) noexcept;
    ~SharedPage();

    // Server: a new page and the descriptor that goes to the worker.
    static std::pair<SharedPage, UniqueFd> create();
    // Worker: maps what it was given.
    static SharedPage open(UniqueFd file);

    PageContent* operator->() const noexcept { return content_; }
    explicit operator bool() const noexcept { return content_ != nullptr; }

  private:
    explicit SharedPage(PageContent* content) noexcept : content_(content) {}
    PageContent* content_ = nullptr;
};

}  // namespace troika::workers::detail

#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/task.hpp>
#include <troika/base/unique_function.hpp>
#include <troika/workers/detail/weight.hpp>
#include <troika/workers/job.hpp>
#include <troika/workers/payload.hpp>
#include <troika/workers/pool_map.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/remote_error.hpp>
#include <troika/workers/stop_mode.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troika::workers {

namespace detail {

class ProcessQueue;

// Encoding, decoding and copying beyond this do not happen on the loop thread.
inline constexpr std::size_t kHeavy = 256 * 1024;

// Not inline: told the size of a short string, GCC 12 warns of copies that never happen.
bool is_heavy(std::size_t bytes) noexcept;

}  // namespace detail

// A fixed set of worker processes, forked by the zygote and reused for every job.
//
//   Lifetime      Any time on the loop thread (the zygote is older than every thread); await stop()
//                 before destruction (checked).
//   Threads       Event-loop thread only. A job shares no memory with its caller.
//   Errors        run() throws what the job threw (RemoteError, or its own type through an
//                 ErrorCodec), WorkerDied, TimeoutError, Overloaded (queue full, waited too long,
//                 job suspended by the breaker, no worker left) or Stopped.
//   Cancellation  The caller is freed at once. A queued job is dropped; a running one is asked
//                 softly (stop_requested()) and its result discarded; a deadline and a shutdown
//                 kill the worker after the grace.
class ProcessPool final : public PoolMap<ProcessPool> {
  public:
    explicit ProcessPool(EventLoop& loop, ProcessPoolOptions options = {});
    ProcessPool(const ProcessPool&) = delete;
    ProcessPool& operator=(const ProcessPool&) = delete;
    ~ProcessPool();

    // Runs a job in a worker. Arguments are encoded before this returns, except large ones: those
    // are moved or copied along and encoded on a thread, if the loop offers a ThreadPool. Give large
    // ones by std::move: copying them is this call's, on the loop.
    template <typename R, typename... Args, typename... Given>
        requires std::is_invocable_v<const Job<R(Args...)>&, Given...>
    Task<typename Job<R(Args...)>::Result> run(const Job<R(Args...)>& job, Given&&... given) {
        return run(RunOptions{}, job, std::forward<Given>(given)...);
    }

    // The same with limits of its own.
    template <typename R, typename... Args, typename... Given>
        requires std::is_invocable_v<const Job<R(Args...)>&, Given...>
    Task<typename Job<R(Args...)>::Result> run(RunOptions options, const Job<R(Args...)>& job,
                                               Given&&... given) {
        using Result = typename Job<R(Args...)>::Result;
        if (detail::is_heavy((detail::weight(given) + ... + 0))) {
            std::tuple<std::remove_cvref_t<Args>...> arguments(std::forward<Given>(given)...);
            return run_heavy<Result>(options, job.ref(), std::move(arguments));
        }
        Parcel input = pack_arguments<std::remove_cvref_t<Args>...>(given...);
        return run_encoded<Result>(options, job.ref(), std::move(input));
    }

    // For callers with their own encoding: `job` gets `input` as it is and its output comes back as
    // it is. What is large may be a memory file already.
    Task<Parcel> run_parcel(JobRef job, Parcel input, RunOptions options = {});

    // Bytes that every worker sees before its next job, in worker_settings(); later ones replace
    // them.
    void set_settings(std::string settings);

    // Replaces every worker there is by a fresh one, one after another: the new one is ready before an
    // old one leaves, and that finishes its job first. Returns at once; stats().rolling tells when it
    // is done. Asked again meanwhile, it replaces those made since as well.
    void roll();

    // Suspends until every worker is ready for its first job.
    Task<> wait_ready();
    // Why this pool should get no traffic now; nothing when all is well.
    std::optional<std::string> not_ready() const;
    // Why it will run no job ever again, whatever happens: its last worker is gone, and so are the zygote
    // and its standby. Nothing otherwise.
    std::optional<std::string> not_alive() const;

    // Idempotent. Drains, at most until the deadline (mode drain); then asks what still runs to end, and
    // kills what has not after stop_grace or `deadline`, whichever is shorter (0: after stop_grace).
    Task<> stop(StopMode mode, std::chrono::nanoseconds deadline);

    ProcessPoolStats stats() const;
    // Bytes of all ready workers together, shared pages counted in each; reads /proc for each.
    std::uint64_t resident_memory() const;
    EventLoop& loop() const noexcept;

  private:
    template <typename Result>
    Task<Result> run_encoded(RunOptions options, JobRef job, Parcel input) {
        Parcel output = co_await run_parcel(job, std::move(input), options);
        if constexpr (!std::is_void_v<Result>) {
            if (output.size() <= detail::kHeavy) co_return decode_result<Result>(output);
            std::optional<Result> result;
            UniqueFunction<void()> decode(
                [&output, &result] { result.emplace(decode_result<Result>(output)); });
            co_await off_loop(decode);
            co_return std::move(*result);
        }
    }

    template <typename Result, typename Arguments>
    Task<Result> run_heavy(RunOptions options, JobRef job, Arguments arguments) {
        Parcel input;
        UniqueFunction<void()> encode([&arguments, &input] {
            std::apply([&input]<typename... A>(
                           const A&... each) { input = pack_arguments<A...>(each...); },
                       arguments);
            input.head = Payload::in_memory_file(input.head.bytes());
        });
        co_await prepare(job, encode);
        auto task = run_encoded<Result>(options, job, std::move(input));
        co_return co_await std::move(task);
    }

    // On the loop's thread pool, whose Overloaded is the call's: the loop must not copy megabytes, least
    // of all when everything is busy. Here where the loop has no pool.
    Task<> off_loop(UniqueFunction<void()>& work);
    // The same before `job` is submitted: a call that ends here has its outcome too.
    Task<> prepare(JobRef job, UniqueFunction<void()>& work);

    std::unique_ptr<detail::ProcessQueue> queue_;
};

}  // namespace troika::workers

namespace troika {
using workers::ProcessPool;
using workers::ProcessPoolOptions;
}  // namespace troika

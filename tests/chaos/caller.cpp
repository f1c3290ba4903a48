#include "caller.hpp"

#include "chaos_jobs.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/sleep.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/remote_error.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace chaos {
namespace {

using namespace std::chrono_literals;
using troika::Overloaded;
using troika::RemoteError;
using troika::TimeoutError;
using troika::WorkerDied;
using Job = troika::workers::Job<std::uint64_t(std::uint64_t)>;

constexpr std::size_t kMemory = 16 << 20;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

enum class End { value, remote, death, deadline };

}  // namespace

// How a job of this kind ends where nobody interferes.
struct Caller::Kind {
    const char* name;
    unsigned weight;
    const Job* job;  // null: send_much, whose arguments and results are large
    End end;
    const char* text;  // part of the error
    std::chrono::milliseconds deadline;
    std::size_t memory;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned kMemoryWeight = 0;  // memory cannot be limited under them
#else
constexpr unsigned kMemoryWeight = 2;
#endif

const Caller::Kind Caller::kKinds[] = {
    {"compute", 2000, &compute_job, End::value, "", 10s, 0},
    {"send_much", 200, nullptr, End::value, "", 10s, 0},
    {"print", 40, &print_job, End::value, "", 10s, 0},
    {"fork", 2, &fork_job, End::value, "", 10s, 0},
    {"throw", 200, &throw_job, End::remote, "std::runtime_error: chaos ", 10s, 0},
    {"segfault", 2, &segfault_job, End::death, "SIGSEGV", 10s, 0},
    {"abort", 2, &abort_job, End::death, "SIGABRT", 10s, 0},
    {"leave", 2, &leave_job, End::death, "exited with status 0", 10s, 0},
    {"close", 1, &close_job, End::death, "its channel", 10s, 0},
    {"garbage", 2, &garbage_job, End::death, "it sent ", 10s, 0},
    {"memory", 5 * kMemoryWeight, &memory_job, End::remote, "std::bad_alloc", 10s, kMemory},
    {"hungry", 8, &hungry_job, End::death, "SIGKILL: perhaps out of memory", 10s, 0},
    {"loop", 1, &loop_job, End::deadline, "", 30ms, 0},
    {"polite", 2, &polite_job, End::deadline, "", 30ms, 0},
};

troika::Task<> Caller::attempt(const Kind& kind, std::uint64_t nonce) {
    const troika::RunOptions options{.deadline = kind.deadline, .max_memory = kind.memory};
    bool right = false;
    if (kind.job != nullptr) {
        const std::uint64_t answer = co_await pool_.run(options, *kind.job, nonce);
        right = answer == answer_to(nonce);
    } else {
        const std::string text = large_answer_to(nonce);
        const std::string answer = co_await pool_.run(options, send_much_job, text);
        right = std::equal(text.rbegin(), text.rend(), answer.begin(), answer.end());
    }
    if (!right) {
        verdicts_.wrong(std::string(kind.name) + ": an answer that belongs to another call");
    } else if (kind.end != End::value) {
        verdicts_.wrong(std::string(kind.name) + ": a value where none can be");
    } else {
        verdicts_.right(kind.name, "value");
    }
}

troika::Task<> Caller::call(const Kind& kind) {
    const std::uint64_t nonce = random_();
    const bool impatient = below(8) == 0;
    const std::string name = kind.name;
    try {
        auto attempted = attempt(kind, nonce);
        if (impatient) {
            const auto patience = std::chrono::microseconds(200 + below(15'000));
            auto limited = troika::with_timeout(patience, std::move(attempted));
            co_await std::move(limited);
        } else {
            co_await std::move(attempted);
        }
    } catch (const RemoteError& error) {
        const std::string expected =
            kind.text + (kind.job == &throw_job ? std::to_string(nonce) : "");
        const bool right = kind.end == End::remote && contains(error.what(), expected);
        right ? verdicts_.right(name, "threw") : verdicts_.wrong(name + ": " + error.what());
    } catch (const WorkerDied& error) {
        // Ours are always named otherwise, so this one came from outside.
        const bool outside = contains(error.what(), "SIGKILL: perhaps out of memory");
        const bool right = kind.end == End::death && contains(error.what(), kind.text);
        if (right) {
            verdicts_.right(name, "died");
        } else if (outside) {
            verdicts_.sabotaged(name);
        } else {
            verdicts_.wrong(name + ": " + error.what());
        }
    } catch (const TimeoutError& error) {
        const bool right = impatient || kind.end == End::deadline;
        right ? verdicts_.right(name, impatient ? "left" : "killed at its deadline")
              : verdicts_.wrong(name + ": " + error.what());
    } catch (const Overloaded& error) {
        const bool suspended = contains(error.what(), "is suspended");
        // An innocent job too, when the saboteur met it ten times in a row.
        const bool may = !suspended || kind.end == End::death || deaths_of(kind) >= 10;
        may ? verdicts_.right(name, suspended ? "suspended" : "refused")
            : verdicts_.wrong(name + ": " + error.what());
    } catch (const std::exception& error) {
        verdicts_.wrong(name + ": " + error.what());
    }
}

std::uint64_t Caller::deaths_of(const Kind& kind) const {
    const auto jobs = pool_.stats().jobs;
    const auto found = jobs.find("chaos." + std::string(kind.name));
    if (found == jobs.end()) return 0;
    std::uint64_t deaths = found->second.kills;
    for (const auto& [signal, crashes] : found->second.crashes) deaths += crashes;
    return deaths;
}

troika::Task<> Caller::call_until(const bool& done) {
    const auto weight = [this](const Kind& kind) {
        return hungry_ || kind.job != &hungry_job ? kind.weight : 0;
    };
    unsigned total = 0;
    for (const Kind& kind : kKinds) total += weight(kind);
    while (!done) {
        auto chosen = below(total);
        const Kind* kind = std::begin(kKinds);
        while (chosen >= weight(*kind)) chosen -= weight(*kind++);
        co_await call(*kind);
        if (below(4) == 0) co_await troika::sleep_for(std::chrono::microseconds(below(3000)));
    }
}

}  // namespace chaos

#include "work.hpp"

#include "bounded.hpp"

#include <troika/base/error.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/workers/job_context.hpp>

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>

namespace probe {

using troika::Request;
using troika::Response;

namespace {

constexpr int kStep = 20'000;  // rounds between two looks at the clock: some 20 us
constexpr int kLastSignal = 64;

std::uint64_t processor_nanoseconds() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

Response burn(const Request& request) {
    const std::uint64_t milliseconds = bounded(request, "milliseconds", kMostMilliseconds);
    const std::uint64_t end = processor_nanoseconds() + milliseconds * 1'000'000;
    std::uint64_t value = 88172645463325252;  // xorshift64; the answer uses it, so it is computed
    std::uint64_t rounds = 0;
    while (processor_nanoseconds() < end) {
        if (troika::stop_requested()) throw troika::Stopped("burn was asked to stop");
        for (int i = 0; i < kStep; ++i) {
            value ^= value << 13;
            value ^= value >> 7;
            value ^= value << 17;
        }
        rounds += kStep;
    }
    return Response::text("burned " + std::to_string(milliseconds) +
                          " ms of processor time in process " + std::to_string(::getpid()) + ": " +
                          std::to_string(rounds) + " rounds to " + std::to_string(value) + "\n");
}

Response throw_error(const Request&) {
    throw std::runtime_error("GET /throw threw this, as asked");
}

Response crash(const Request& request) {
    const std::string_view text = request.parameter("signal");
    const int signal = signal_number(text);
    if (signal == 0)
        throw troika::HttpError(troika::Status::bad_request,
                                "signal must be a name such as SIGSEGV or a number from 1 to " +
                                    std::to_string(kLastSignal) + ", not '" + std::string(text) +
                                    "'");
    if (const std::string reason = why_refused(signal); !reason.empty())
        throw troika::HttpError(troika::Status::bad_request, reason);
    ::kill(::getpid(), signal);
    return Response::text("the worker survived signal " + std::to_string(signal) + "\n");
}

std::string why_refused(int signal) {
    std::string does;
    switch (signal) {
        case SIGSTOP:
        case SIGTSTP:
        case SIGTTIN:
        case SIGTTOU: does = "stops a process"; break;
        case SIGCONT: does = "continues a stopped process"; break;
        case SIGCHLD:
        case SIGURG:
        case SIGWINCH: does = "is ignored by default"; break;
        case SIGINT:
        case SIGHUP:
        case SIGUSR1:
        case SIGUSR2: does = "is ignored by workers"; break;
        default: return {};
    }
    return "signal must be one that ends a worker; SIG" + std::string(::sigabbrev_np(signal)) +
           " " + does;
}

int signal_number(std::string_view text) {
    int number = 0;
    const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec == std::errc{} && stop == text.data() + text.size())
        return number >= 1 && number <= kLastSignal ? number : 0;
    std::string name(text);
    for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (name.starts_with("SIG")) name.erase(0, 3);
    for (int signal = 1; signal <= kLastSignal; ++signal) {
        const char* const known = ::sigabbrev_np(signal);
        if (known != nullptr && name == known) return signal;
    }
    return 0;
}

}  // namespace probe

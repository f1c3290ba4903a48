#pragma once

#include <troika/workers/arguments.hpp>
#include <troika/workers/payload.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika::workers {

using Function = void (*)();
using Trampoline = Parcel (*)(Function function, Parcel input);

// What a worker is told to do: call run(function, input). Both addresses are valid in every worker
// because each is a fork of this same image. The name labels logs, metrics and the breaker; it must
// outlive every call.
struct JobRef {
    std::string_view name;
    Trampoline run = nullptr;
    Function function = nullptr;
};

// A string as a template argument.
template <std::size_t N>
struct JobName {
    constexpr JobName(const char (&text)[N]) { std::copy_n(text, N, value); }
    char value[N]{};
    constexpr std::string_view view() const { return {value, N - 1}; }
};

// Adds the name to the registry; aborts when it is taken. During static initialisation only.
void register_job(std::string_view name);
// Every name registered in this program, sorted.
std::vector<std::string_view> registered_jobs();

template <typename Signature>
class Job;

// A named function that runs in a worker process, made by job<"name">(function).
template <typename R, typename... Args>
class Job<R(Args...)> final {
  public:
    using Result = std::remove_cvref_t<R>;

    constexpr JobRef ref() const noexcept { return ref_; }
    std::string_view name() const noexcept { return ref_.name; }
    // Calls the function here, in this process: on a thread, or in a test.
    R operator()(Args... arguments) const {
        return reinterpret_cast<R (*)(Args...)>(ref_.function)(std::forward<Args>(arguments)...);
    }

  private:
    template <JobName Name, typename F>
    friend auto job(F function);

    Job(std::string_view name, R (*function)(Args...))
        : ref_{name, &run, reinterpret_cast<Function>(function)} {
        register_job(name);
    }

    static Parcel run(Function function, Parcel input) {
        return call_with_parcel(reinterpret_cast<R (*)(Args...)>(function), input);
    }

    JobRef ref_;
};

// `inline const auto digest_job = job<"archive.digest">(digest);` in a header, `const auto` in a
// source. The function's parameters and result must be Encodable, its parameters no references to
// non-const. A duplicate name aborts the program at start.
template <JobName Name, typename F>
auto job(F function) {
    static_assert(
        requires { +function; },
        "a job is a plain function or a lambda without captures: it runs in another process, where "
        "its data are its arguments, preloaded<T>() and worker_state<T>()");
    static constexpr JobName kName = Name;
    return []<typename R, typename... Args>(R (*plain)(Args...)) {
        static_assert(((!std::is_lvalue_reference_v<Args> ||
                        std::is_const_v<std::remove_reference_t<Args>>) &&
                       ...),
                      "a job cannot change its caller's objects: take values or const references");
        return Job<R(Args...)>(kName.view(), plain);
    }(+function);
}

}  // namespace troika::workers

namespace troika {
using workers::job;
}  // namespace troika

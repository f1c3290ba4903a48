#pragma once

#include <troika/workers/arguments.hpp>
#include <troika/workers/job.hpp>
#include <troika/workers/job_context.hpp>

#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troika::workers {

namespace detail {
void keep_preloaded(const void* type_tag, void* object);
void keep_worker_state(const void* type_tag, void* object);
}  // namespace detail

// Something to run once in a zygote or in each fresh worker. Made by preload<T>() or
// worker_start().
struct WorkerHook {
    JobRef job;
    data::Bytes arguments;
};

// A constant T(arguments...) for every worker, built once in the zygote and shared copy-on-write;
// jobs read it with preloaded<T>(). Arguments must be Encodable.
template <typename T, typename... Args>
WorkerHook preload(const Args&... arguments) {
    static_assert(std::is_constructible_v<T, stored_t<Args>...>,
                  "preload<T>(arguments...) builds a T from copies of these arguments");
    const Trampoline build = [](Function, Parcel input) {
        auto values = data::decode_arguments<stored_t<Args>...>(as_bytes(input.head.bytes()));
        auto* object = new T(std::make_from_tuple<T>(std::move(values)));
        detail::keep_preloaded(&detail::kTypeTag<T>, object);
        return Parcel{};
    };
    return {{typeid(T).name(), build, nullptr}, encode_arguments<stored_t<Args>...>(arguments...)};
}

// Runs in each fresh worker before its first job; what it returns is that worker's own
// worker_state<T>(), for example a database connection. A worker whose hook throws ends, and counts
// as one that died before its first job.
template <typename F, typename... Args>
WorkerHook worker_start(F function, const Args&... arguments) {
    static_assert(requires { +function; }, "a worker_start hook is a function without captures");
    return [&]<typename R, typename... Parameters>(R (*plain)(Parameters...)) -> WorkerHook {
        static_assert(sizeof...(Parameters) == sizeof...(Args),
                      "worker_start(function, arguments...): one argument for each parameter");
        const Trampoline call = [](Function opaque, Parcel input) {
            const auto hook = reinterpret_cast<R (*)(Parameters...)>(opaque);
            auto values = data::decode_arguments<std::remove_cvref_t<Parameters>...>(
                as_bytes(input.head.bytes()));
            if constexpr (std::is_void_v<R>) {
                std::apply(hook, std::move(values));
            } else {
                auto* state = new R(std::apply(hook, std::move(values)));
                detail::keep_worker_state(&detail::kTypeTag<R>, state);
            }
            return Parcel{};
        };
        data::Bytes encoded = encode_arguments<std::remove_cvref_t<Parameters>...>(arguments...);
        return {{"worker_start", call, reinterpret_cast<Function>(plain)}, std::move(encoded)};
    }(+function);
}

// Runs in every fresh worker right after its birth: for generators whose state the fork duplicated.
// Made at static initialisation: `inline const WorkerBirth reseed_ids(&reseed);`
class WorkerBirth final {
  public:
    explicit WorkerBirth(void (*reseed)());
    ~WorkerBirth();
    WorkerBirth(const WorkerBirth&) = delete;
    WorkerBirth& operator=(const WorkerBirth&) = delete;
    static void run_all();

  private:
    void (*reseed_)();
    WorkerBirth* next_;
};

}  // namespace troika::workers

namespace troika {
using workers::preload;
using workers::worker_start;
}  // namespace troika

#include <troika/workers/detail/worker_context.hpp>

#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/job_context.hpp>

#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>

#include <cxxabi.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace troika::workers {
namespace detail {
namespace {

// The process's own identity, like its pid: set once, by the zygote, right after it is forked.
WorkerContext* this_context = nullptr;

void* find(const std::vector<Keepsake>& keepsakes, const void* type_tag) noexcept {
    for (const Keepsake& keepsake : keepsakes) {
        if (keepsake.type_tag == type_tag) return keepsake.object;
    }
    return nullptr;
}

std::string readable(const char* type) {
    const std::unique_ptr<char, void (*)(void*)> text(
        abi::__cxa_demangle(type, nullptr, nullptr, nullptr), std::free);
    return text ? text.get() : type;
}

}  // namespace

WorkerContext* worker_context() noexcept { return this_context; }
void set_worker_context(WorkerContext* context) noexcept { this_context = context; }

void keep_preloaded(const void* type_tag, void* object) {
    this_context->preloads.push_back({type_tag, object});
}

void keep_worker_state(const void* type_tag, void* object) {
    this_context->states.push_back({type_tag, object});
}

bool send_to_server(FrameKind kind, data::Bytes bytes) {
    if (this_context == nullptr || this_context->channel < 0) return false;
    Parcel parcel{Payload(std::move(bytes)), {}};
    fit_inline(parcel);
    FrameHeader header{
        .kind = kind, .generation = this_context->generation, .job_id = this_context->job_id};
    if (send_frame(this_context->channel, 0, header, parcel) != 0) ::_exit(kExitChannelLost);
    return true;
}

void send_metrics_to_server() {
    if (!this_context->metrics) return;
    const MetricsDelta delta = this_context->metrics->take_delta();
    if (delta.series.empty()) return;
    data::Bytes bytes = data::encode(delta);
    if (bytes.size() <= kLargestWord) {
        send_to_server(FrameKind::metrics, std::move(bytes));
    } else {
        log::message(log::Level::error, "what a job counted is lost: it has too many series",
                     {{"bytes", static_cast<std::uint64_t>(bytes.size())}});
    }
}

const void* find_preloaded(const void* type_tag) noexcept {
    return this_context != nullptr ? find(this_context->preloads, type_tag) : nullptr;
}

void* find_worker_state(const void* type_tag) noexcept {
    return this_context != nullptr ? find(this_context->states, type_tag) : nullptr;
}

void throw_not_preloaded(const char* type) {
    throw Error("preloaded<" + readable(type) + ">(): " +
                (this_context == nullptr ? "this is not a worker process"
                                         : "nothing of this type was preloaded before the fork"));
}

void throw_no_worker_state(const char* type) {
    throw Error("worker_state<" + readable(type) + ">(): " +
                (this_context == nullptr ? "this is not a worker process"
                                         : "no worker_start hook of this pool returns this type"));
}

}  // namespace detail

bool stop_requested() noexcept {
    const auto* context = detail::worker_context();
    if (context == nullptr || !context->page) return false;
    return context->page->stop_requested.load(std::memory_order_relaxed) == context->job_id &&
           context->job_id != 0;
}

std::optional<std::chrono::steady_clock::time_point> job_deadline() noexcept {
    const auto* context = detail::worker_context();
    if (context == nullptr || context->deadline == 0) return std::nullopt;
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(context->deadline));
}

Metrics& worker_metrics() {
    auto* context = detail::worker_context();
    if (context == nullptr) throw Error("worker_metrics(): this is not a worker process");
    if (!context->metrics) context->metrics = std::make_unique<Metrics>();
    return *context->metrics;
}

std::string_view worker_settings() noexcept {
    const auto* context = detail::worker_context();
    return context != nullptr ? std::string_view(context->settings) : std::string_view();
}

}  // namespace troika::workers

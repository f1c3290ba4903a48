// caller ──format_line──▶ bounded queue (drops its oldest) ──▶ logger thread ──▶ LogOutput ──▶ fd
//   │                                                           waits for the reader, until stop()
//   ├── before start(), after stop(): straight to LogOutput, waiting kSynchronousWait at most
//   └── a sink is set (worker process): record ──▶ sink
#include <troika/observe/detail/log_format.hpp>
#include <troika/observe/detail/log_output.hpp>
#include <troika/observe/detail/log_queue_sink.hpp>
#include <troika/observe/log.hpp>

#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <memory>
#include <mutex>

namespace troika::log {
namespace detail {

std::atomic<Level> threshold{Level::info};

namespace {

constexpr std::chrono::milliseconds kSynchronousWait{100};

Style resolve(Format format, int fd) {
    if (format == Format::json) return Style::json;
    const bool terminal = ::isatty(fd) == 1;
    if (format == Format::automatic && !terminal) return Style::json;
    return terminal ? Style::coloured_text : Style::text;
}

// The queue, its thread and its sink. Made and ended as one.
struct Async {
    Async(const LogOptions& options, Style style, Losses& losses)
        : sink(std::make_shared<QueueSink>(options.fd, style, losses)) {
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited: signals are for other threads
        queue = std::make_shared<spdlog::details::thread_pool>(
            std::max<std::size_t>(options.queue_limit, 1), 1,
            [] { ::prctl(PR_SET_NAME, "troika-log"); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        sink->attach(*queue);
        logger = std::make_shared<spdlog::async_logger>(
            "troika", sink, queue, spdlog::async_overflow_policy::overrun_oldest);
        logger->set_level(spdlog::level::trace);
    }
    bool end(std::chrono::milliseconds limit) {
        const bool empty = sink->wait_empty(limit);
        sink->give_up();  // from here every queued line is lost at once, so the join is prompt
        sink->detach();
        logger.reset();
        queue.reset();
        return empty;
    }

    std::shared_ptr<QueueSink> sink;
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<spdlog::async_logger> logger;
};

struct Logger {
    std::mutex mutex;
    Losses losses;
    Style style = resolve(Format::automatic, 2);
    std::unique_ptr<LogOutput> direct;
    int direct_fd = 2;
    std::shared_ptr<Async> async;
    Sink sink;
    std::atomic<ContextProvider> context{nullptr};

    void write_directly(std::string_view line) {
        if (!direct) direct = std::make_unique<LogOutput>(direct_fd);
        const std::string report = losses.report(style);
        if (!report.empty()) direct->write(report, kSynchronousWait);
        if (!direct->write(line, kSynchronousWait)) losses.add(1);
    }
};

// Never destroyed: static destructors may still log.
Logger& logger() {
    static Logger& instance = *new Logger;
    return instance;
}

}  // namespace

void emit(Level level, std::string_view message, std::span<const Field> fields) {
    const auto now = std::chrono::system_clock::now();
    const ContextProvider provider = logger().context.load(std::memory_order_acquire);
    if (provider == nullptr) return write({level, now, message, fields});
    std::vector<Field> context;
    provider(context);
    std::vector<Field> all(fields.begin(), fields.end());
    for (const Field& field : context) {
        const auto same = [&](const Field& given) { return given.key == field.key; };
        if (std::none_of(fields.begin(), fields.end(), same)) all.push_back(field);
    }
    write({level, now, message, all});
}

}  // namespace detail

void start(const LogOptions& options) {
    stop();
    detail::Logger& logger = detail::logger();
    const detail::Style style = detail::resolve(options.format, options.fd);
    auto async = std::make_shared<detail::Async>(options, style, logger.losses);
    const std::lock_guard lock(logger.mutex);
    logger.style = style;
    logger.direct_fd = options.fd;
    logger.direct.reset();
    logger.async = std::move(async);
    set_level(options.level);
}

bool flush(std::chrono::milliseconds limit) {
    detail::Logger& logger = detail::logger();
    std::shared_ptr<detail::QueueSink> sink;
    {
        const std::lock_guard lock(logger.mutex);
        if (logger.async) sink = logger.async->sink;
    }
    return !sink || sink->wait_empty(limit);
}

void stop(std::chrono::milliseconds limit) {
    detail::Logger& logger = detail::logger();
    std::shared_ptr<detail::Async> async;
    {
        const std::lock_guard lock(logger.mutex);
        async = std::move(logger.async);
    }
    if (async) async->end(limit);
}

std::uint64_t dropped() noexcept {
    detail::Logger& logger = detail::logger();
    const std::lock_guard lock(logger.mutex);
    if (logger.async) logger.async->sink->take_overruns();
    return logger.losses.total();
}

void set_level(Level level) noexcept { detail::threshold = level; }
Level level() noexcept { return detail::threshold; }

std::optional<Level> parse_level(std::string_view word) {
    for (int i = 0; i <= static_cast<int>(Level::off); ++i) {
        if (detail::level_name(static_cast<Level>(i)) == word) return static_cast<Level>(i);
    }
    return std::nullopt;
}

void set_context_provider(ContextProvider provider) noexcept {
    detail::logger().context.store(provider, std::memory_order_release);
}

void set_sink(Sink sink) {
    detail::Logger& logger = detail::logger();
    const std::lock_guard lock(logger.mutex);
    logger.sink = std::move(sink);
}

void write(const Record& record) {
    detail::Logger& logger = detail::logger();
    std::unique_lock lock(logger.mutex);
    if (logger.sink) return logger.sink(record);
    const detail::Style style = logger.style;
    lock.unlock();
    const std::string line = detail::format_line(record, style);
    lock.lock();
    if (!logger.async) return logger.write_directly(line);
    logger.async->sink->accepted();
    logger.async->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace troika::log

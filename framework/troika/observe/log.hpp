#pragma once

#include <troika/observe/log_record.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <vector>

// What happened, one line each: log::info("stored a document", {{"id", id}, {"bytes", size}});
//
//   Lifetime      From the first line of main to the last. start() makes the logger's thread, so it
//                 comes after the zygote was forked; before it and after stop() lines are written by
//                 the caller.
//   Threads       Any. No call waits for whoever reads the log: a full queue drops its oldest line,
//                 and a line that says how many were lost follows as soon as the reader moves again.
//   Errors        None: a log that cannot be written counts what it lost (dropped()).
//   Forms         text: `2026-01-31T12:00:00.000Z info message key=value`, in colour on a terminal;
//                 json: {"ts":...,"level":...,"msg":...} and the fields. Control characters are
//                 escaped in both, so one call is one line; longer than 16 KB is cut. A field called
//                 ts, level or msg gets a "_" behind its name.
namespace troika::log {

enum class Format { automatic, text, json };  // automatic: text on a terminal, else json

struct LogOptions {
    Level level = Level::info;
    Format format = Format::automatic;
    int fd = 2;                      // stays open until stop(); its O_NONBLOCK flag is not touched
    std::size_t queue_limit = 2048;  // lines waiting for the logger's thread
};

// Without effect on what was logged before. Calling it again replaces the output.
void start(const LogOptions& options = {});
// Waits until what was logged so far is written or lost; false if that took longer than `limit`.
bool flush(std::chrono::milliseconds limit = std::chrono::seconds(1));
// Like flush(), then gives up the rest and joins the thread. Lines written later are synchronous.
void stop(std::chrono::milliseconds limit = std::chrono::seconds(1));
// Lines lost since the process began.
std::uint64_t dropped() noexcept;

void set_level(Level level) noexcept;
Level level() noexcept;
// "trace", "debug", ... as in the output; nothing for another word.
std::optional<Level> parse_level(std::string_view word);

// Appends fields of the current request; called on the logging thread, only for lines that are
// written. A field given by the caller hides one with the same key.
using ContextProvider = void (*)(std::vector<Field>& fields);
void set_context_provider(ContextProvider provider) noexcept;

// Receives every record instead of the output (a worker process sends them to its server), one call
// at a time, on the logging thread; it must not log. An empty function restores the output.
using Sink = std::function<void(const Record&)>;
void set_sink(Sink sink);

// Writes a record made elsewhere, as it is: no level check, no context.
void write(const Record& record);

namespace detail {
extern std::atomic<Level> threshold;
void emit(Level level, std::string_view message, std::span<const Field> fields);
}  // namespace detail

inline bool enabled(Level level) noexcept {
    return level >= detail::threshold.load(std::memory_order_relaxed);
}

using Fields = std::initializer_list<Field>;

inline void message(Level level, std::string_view message, Fields fields = {}) {
    if (enabled(level)) detail::emit(level, message, {fields.begin(), fields.size()});
}
inline void trace(std::string_view text, Fields fields = {}) {
    message(Level::trace, text, fields);
}
inline void debug(std::string_view text, Fields fields = {}) {
    message(Level::debug, text, fields);
}
inline void info(std::string_view text, Fields fields = {}) { message(Level::info, text, fields); }
inline void warning(std::string_view text, Fields fields = {}) {
    message(Level::warning, text, fields);
}
inline void error(std::string_view text, Fields fields = {}) {
    message(Level::error, text, fields);
}
inline void critical(std::string_view text, Fields fields = {}) {
    message(Level::critical, text, fields);
}

}  // namespace troika::log

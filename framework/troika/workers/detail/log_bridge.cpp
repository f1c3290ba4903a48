#include <troika/workers/detail/log_bridge.hpp>

#include <troika/data/binary.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/arguments.hpp>
#include <troika/workers/detail/clipped.hpp>
#include <troika/workers/detail/worker_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

namespace troika::workers::detail {
namespace {

// A log::Field that owns its parts; `kind` is the index of its alternative.
struct OwnedField {
    std::string key;
    std::uint8_t kind = 0;
    std::string text;
    std::uint64_t bits = 0;
    double real = 0;
};
BOOST_DESCRIBE_STRUCT(OwnedField, (), (key, kind, text, bits, real))

struct Line {
    std::uint8_t level = 0;
    std::int64_t time = 0;  // system clock, in its own ticks
    std::string message;
    std::vector<OwnedField> fields;
};
BOOST_DESCRIBE_STRUCT(Line, (), (level, time, message, fields))

OwnedField own(const log::Field& field) {
    OwnedField owned{std::string(field.key), 0, {}, 0, 0};
    const auto& any = field.value.any();
    owned.kind = static_cast<std::uint8_t>(any.index());
    if (const auto* text = std::get_if<std::string_view>(&any)) owned.text = clipped(*text);
    if (const auto* real = std::get_if<double>(&any)) owned.real = *real;
    if (const auto* natural = std::get_if<std::uint64_t>(&any)) owned.bits = *natural;
    if (const auto* flag = std::get_if<bool>(&any)) owned.bits = *flag ? 1 : 0;
    if (const auto* whole = std::get_if<std::int64_t>(&any)) {
        owned.bits = static_cast<std::uint64_t>(*whole);
    }
    if (const auto* time = std::get_if<std::chrono::nanoseconds>(&any)) {
        owned.bits = static_cast<std::uint64_t>(time->count());
    }
    return owned;
}

log::Value value_of(const OwnedField& field) {
    switch (field.kind) {
        case 1: return static_cast<std::int64_t>(field.bits);
        case 2: return field.bits;
        case 3: return field.real;
        case 4: return field.bits != 0;
        case 5: return std::chrono::nanoseconds(static_cast<std::int64_t>(field.bits));
        default: return field.text;
    }
}

}  // namespace

void send_log_to_server() {
    log::set_sink([](const log::Record& record) {
        Line line{static_cast<std::uint8_t>(record.level),
                  record.time.time_since_epoch().count(),
                  clipped(record.message),
                  {}};
        for (const log::Field& field : record.fields) line.fields.push_back(own(field));
        data::Bytes bytes = data::encode(line);
        if (bytes.size() > kLargestWord) {
            const auto size = static_cast<std::uint64_t>(bytes.size());
            line.fields = {own({"fields_left_out_bytes", size})};
            bytes = data::encode(line);
        }
        // What a job forked has no channel; its worker's output is read all the same.
        if (!send_to_server(FrameKind::log, std::move(bytes)))
            std::fprintf(stderr, "%s\n", line.message.c_str());
    });
}

std::string write_log_of_worker(pid_t pid, std::string_view bytes) {
    Line line;
    try {
        line = data::decode<Line>(as_bytes(bytes));
    } catch (const data::DecodeError& error) {
        log::warning("a worker sent an unreadable log line",
                     {{"worker", pid}, {"problem", error.what()}});
        return "an unreadable log line";
    }
    std::vector<log::Field> fields;
    fields.reserve(line.fields.size() + 1);
    for (const OwnedField& field : line.fields) fields.push_back({field.key, value_of(field)});
    fields.push_back({"worker", pid});
    constexpr auto kHighest = static_cast<std::uint8_t>(log::Level::critical);
    using SystemClock = std::chrono::system_clock;
    log::write({.level = static_cast<log::Level>(std::min(line.level, kHighest)),
                .time = SystemClock::time_point(SystemClock::duration(line.time)),
                .message = line.message,
                .fields = fields});
    return line.message;
}

}  // namespace troika::workers::detail

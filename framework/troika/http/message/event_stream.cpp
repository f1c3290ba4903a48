#include <troika/base/error.hpp>
#include <troika/http/message/event_stream.hpp>

#include <utility>

namespace troika::http {

namespace {

void add_line(std::string& out, std::string_view name, std::string_view value) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        throw Error("a server-sent event's '" + std::string(name) +
                    "' must be one line without NUL");
    out.append(name).append(": ").append(value).append("\n");
}

// CR LF, CR and LF each end a line, and each line needs its own field.
void add_data(std::string& out, std::string_view data) {
    while (true) {
        const std::size_t end = data.find_first_of("\r\n");
        out.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) return;
        const bool pair = data.substr(end).starts_with("\r\n");
        data.remove_prefix(end + (pair ? 2 : 1));
    }
}

class EventStream final : public Stream {
  public:
    EventStream(Flow<ServerEvent> events, EventOptions options) noexcept
        : events_(std::move(events)), options_(options) {}

    Task<std::optional<std::string_view>> next() override {
        const std::optional<ServerEvent> event = co_await events_.next();
        if (!event) co_return std::nullopt;
        text_ = to_text(*event);
        co_return text_;
    }
    bool endless() const override { return true; }
    Heartbeat heartbeat() const override { return {":\n\n", options_.heartbeat}; }

  private:
    Flow<ServerEvent> events_;
    EventOptions options_;
    std::string text_;
};

}  // namespace

std::string to_text(const ServerEvent& event) {
    std::string out;
    if (!event.kind.empty()) add_line(out, "event", event.kind);
    if (!event.id.empty()) add_line(out, "id", event.id);
    if (event.retry) add_line(out, "retry", std::to_string(event.retry->count()));
    // Without data a client dispatches nothing, but it takes over id and retry.
    if (!event.data.empty() || out.empty()) add_data(out, event.data);
    out += '\n';
    return out;
}

Response events(Flow<ServerEvent> events, EventOptions options) {
    return Response::stream(std::make_unique<EventStream>(std::move(events), options),
                            "text/event-stream")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no");  // nginx would hold events back otherwise
}

std::string_view last_event_id(const Request& request) noexcept {
    return request.header("last-event-id").value_or(std::string_view{});
}

}  // namespace troika::http

#include <troika/app/detail/request_meter.hpp>
#include <troika/observe/log.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace troika::detail {

namespace {

// A request whose head was not understood has no route.
std::string_view route_of(const http::RequestRecord& record) noexcept {
    return record.pattern.empty() ? std::string_view("none") : record.pattern;
}

std::size_t status_class(Status status) noexcept {
    return static_cast<std::size_t>(std::clamp(http::to_int(status) / 100, 1, 5));
}

}  // namespace

RequestMeter::RequestMeter(Metrics& metrics, bool access_log)
    : metrics_(metrics),
      access_log_(access_log),
      opened_(metrics.counter("troika_connections_opened_total", "Connections accepted.")),
      in_flight_(metrics.gauge("troika_http_requests_in_flight", "Requests being answered now.")),
      lost_(metrics.counter("troika_http_requests_uncounted_total",
                            "Requests missing in other metrics or in the access log.")) {
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        limits_[i] = &metrics.counter(
            "troika_http_limits_total", "How often a limit of the server was reached.",
            {{"loop", "0"}, {"limit", std::string(http::to_string(static_cast<http::Limit>(i)))}});
    }
}

RequestMeter::Series& RequestMeter::series(const http::RequestRecord& record) {
    const Key key{record.pattern.data(), record.method};
    if (last_ != nullptr && key == last_key_) return *last_;
    if (const auto found = series_.find(key); found != series_.end()) {
        last_key_ = key;
        return *(last_ = &found->second);
    }
    Series made;
    made.duration =
        &metrics_.histogram("troika_http_request_duration_seconds",
                            "From a complete head to the last byte handed over.", kDurationBounds,
                            {{"loop", "0"},
                             {"method", std::string(http::to_string(record.method))},
                             {"route", std::string(route_of(record))}});
    last_ = &series_.emplace(key, made).first->second;  // stays where it is in a node-based map
    last_key_ = key;
    return *last_;
}

Counter& RequestMeter::count(Series& series, const http::RequestRecord& record) {
    const std::size_t index = status_class(record.status);
    Counter*& counter = series.by_class[index];
    if (counter == nullptr) {
        counter = &metrics_.counter("troika_http_requests_total", "Requests answered.",
                                    {{"loop", "0"},
                                     {"method", std::string(http::to_string(record.method))},
                                     {"route", std::string(route_of(record))},
                                     {"status", std::to_string(index) + "xx"}});
    }
    return *counter;
}

void RequestMeter::on_request_ended(const http::RequestRecord& record) noexcept {
    if (record.request != nullptr) in_flight_.set(in_flight_.value() - 1);
    try {
        Series& of_route = series(record);
        count(of_route, record).add();
        of_route.duration->observe(std::chrono::duration<double>(record.duration).count());
        if (access_log_) log_access(record);
    } catch (const std::exception&) {
        lost_.add();
    }
}

void RequestMeter::name(const Request& request) noexcept {
    try {
        (void)request.id();
    } catch (const std::exception&) {  // no memory: the line will have no id either
    }
}

void RequestMeter::log_access(const http::RequestRecord& record) const {
    const Request* const request = record.request;
    const http::Peer* const peer = request != nullptr ? &request->peer() : record.peer;
    const std::string address = peer != nullptr ? peer->address() : "-";
    log::info("request", {{"method", http::to_string(record.method)},
                          {"target", request != nullptr ? request->path() : "-"},
                          {"route", route_of(record)},
                          {"status", http::to_int(record.status)},
                          {"duration", record.duration},
                          {"received", record.received},
                          {"sent", record.sent},
                          {"peer", address},
                          {"request_id", request != nullptr ? request->id() : "-"},
                          {"cancelled", record.cancelled ? to_string(*record.cancelled) : "no"}});
}

void RequestMeter::on_request_failed(const Request& request, std::string_view pattern,
                                     std::string_view what) noexcept {
    try {
        log::error("a handler failed", {{"route", pattern},
                                        {"method", http::to_string(request.method())},
                                        {"request_id", request.id()},
                                        {"error", what}});
    } catch (const std::exception&) {
        lost_.add();
    }
}

void RequestMeter::on_trouble(std::string_view what) noexcept {
    try {
        log::warning(what);
    } catch (const std::exception&) {
        lost_.add();
    }
}

}  // namespace troika::detail

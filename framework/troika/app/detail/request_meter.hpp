#pragma once

#include <troika/async/clock.hpp>
#include <troika/http/server/observer.hpp>
#include <troika/observe/metrics.hpp>

#include <array>
#include <string_view>
#include <unordered_map>

namespace troika::detail {

// Turns what the server observes into metrics and log lines: requests by route pattern, method and
// status class, their durations, how many are in flight; with the access log one line for each request
// that ended, refused ones included. That has the path and not the query, which often holds secrets.
//
//   Errors        None: what cannot be counted or written (no memory, a metric of the service that has
//                 one of our names) is counted as lost.
class RequestMeter final : public http::Observer {
  public:
    RequestMeter(Metrics& metrics, bool access_log);

    void on_connection_opened() noexcept override { opened_.add(); }
    void on_request_began(const Request& request) noexcept override {
        in_flight_.set(in_flight_.value() + 1);
        if (access_log_) name(request);
    }
    void on_request_ended(const http::RequestRecord& record) noexcept override;
    void on_request_failed(const Request& request, std::string_view pattern,
                           std::string_view what) noexcept override;
    void on_limit(http::Limit limit) noexcept override {
        limits_[static_cast<std::size_t>(limit)]->add();
    }
    void on_trouble(std::string_view what) noexcept override;

    void set_access_log(bool wanted) noexcept { access_log_ = wanted; }

  private:
    struct Key {
        const char* pattern;  // patterns live as long as the router: their address names them
        http::Method method;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return reinterpret_cast<std::size_t>(key.pattern) / 8 +
                   static_cast<std::size_t>(key.method);
        }
    };
    struct Series {
        std::array<Counter*, 6> by_class{};  // [2]: 2xx
        Histogram* duration = nullptr;
    };

    Series& series(const http::RequestRecord& record);
    Counter& count(Series& series, const http::RequestRecord& record);
    void name(const Request& request) noexcept;
    void log_access(const http::RequestRecord& record) const;

    Metrics& metrics_;
    bool access_log_;
    Counter& opened_;
    Gauge& in_flight_;
    Counter& lost_;
    std::array<Counter*, http::kLimits> limits_{};
    std::unordered_map<Key, Series, KeyHash> series_;
    Key last_key_{};  // requests of one route often come in a row
    Series* last_ = nullptr;
};

}  // namespace troika::detail

#include "../support.hpp"

#include <troika/app/detail/request_meter.hpp>

using namespace troika;
using namespace app_checks;
using namespace std::chrono_literals;

namespace {

bool shows(const Metrics& metrics, const std::string& line) {
    return metrics.render().find("\n" + line + "\n") != std::string::npos;
}

const std::string kItems = "/items/{id}";

http::RequestRecord record_of(const Request& request, Status status) {
    http::RequestRecord record;
    record.pattern = kItems;
    record.method = request.method();
    record.status = status;
    record.duration = 30ms;
    record.request = &request;
    return record;
}

}  // namespace

TEST_CASE("requests are counted by pattern, method and status class, with their durations") {
    Metrics metrics;
    detail::RequestMeter meter(metrics, false);
    const Request get(Method::get, "/items/1");
    const Request post(Method::post, "/items/1");
    for (const Status status : {Status::ok, Status::created, Status::not_found}) {
        meter.on_request_began(get);
        meter.on_request_ended(record_of(get, status));
    }
    meter.on_request_began(post);
    meter.on_request_ended(record_of(post, Status::ok));
    const std::string of = "{loop=\"0\",method=\"GET\",route=\"/items/{id}\"";
    CHECK(shows(metrics, "troika_http_requests_total" + of + ",status=\"2xx\"} 2"));
    CHECK(shows(metrics, "troika_http_requests_total" + of + ",status=\"4xx\"} 1"));
    CHECK(shows(metrics,
                "troika_http_requests_total{loop=\"0\",method=\"POST\",route=\"/items/"
                "{id}\",status=\"2xx\"} 1"));
    CHECK(shows(metrics, "troika_http_request_duration_seconds_count" + of + "} 3"));
    CHECK(shows(metrics, "troika_http_request_duration_seconds_bucket" + of + ",le=\"0.025\"} 0"));
    CHECK(shows(metrics, "troika_http_request_duration_seconds_bucket" + of + ",le=\"0.05\"} 3"));
}

TEST_CASE("in flight are the requests that began and have not ended") {
    Metrics metrics;
    detail::RequestMeter meter(metrics, false);
    const Request request(Method::get, "/items/1");
    meter.on_connection_opened();
    meter.on_request_began(request);
    meter.on_request_began(request);
    CHECK(shows(metrics, "troika_http_requests_in_flight 2"));
    meter.on_request_ended(record_of(request, Status::ok));
    CHECK(shows(metrics, "troika_http_requests_in_flight 1"));
    CHECK(shows(metrics, "troika_connections_opened_total 1"));
}

TEST_CASE("a head that was not understood counts under no route and was never in flight") {
    Metrics metrics;
    detail::RequestMeter meter(metrics, false);
    http::RequestRecord record;
    record.status = Status::bad_request;
    meter.on_request_ended(record);
    CHECK(shows(metrics,
                "troika_http_requests_total{loop=\"0\",method=\"UNKNOWN\",route=\"none\","
                "status=\"4xx\"} 1"));
    CHECK(shows(metrics, "troika_http_requests_in_flight 0"));
}

TEST_CASE("the access log has a line for each request, when asked for, and no query") {
    const LogLines log;
    Metrics metrics;
    Request request(Method::get, "/items/1?token=hunter2");
    request.set_id("r-7");
    detail::RequestMeter meter(metrics, false);
    meter.on_request_ended(record_of(request, Status::ok));
    CHECK(!log.has("request method=GET"));
    meter.set_access_log(true);
    http::RequestRecord record = record_of(request, Status::gateway_timeout);
    record.sent = 12;
    record.cancelled = CancelReason::deadline;
    meter.on_request_ended(record);
    CHECK(log.has("request method=GET target=/items/1 route=/items/{id} status=504 "));
    CHECK(log.has("sent=12 peer=local request_id=r-7 cancelled=deadline"));
    CHECK(!log.has("hunter2"));
}

TEST_CASE("with the access log on, a request has its id before its answer is written") {
    Metrics metrics;
    http::RequestIdSource ids;
    detail::RequestMeter meter(metrics, false);
    Request request(Method::get, "/items/1");
    request.set_id_source(ids);
    meter.on_request_began(request);
    CHECK(!request.has_id());
    meter.set_access_log(true);
    meter.on_request_began(request);
    CHECK(request.has_id());
}

TEST_CASE("a head that was not understood is in the access log with its peer") {
    const LogLines log;
    Metrics metrics;
    detail::RequestMeter meter(metrics, true);
    const http::Peer peer;
    http::RequestRecord record;
    record.status = Status::request_timeout;
    record.peer = &peer;
    meter.on_request_ended(record);
    CHECK(log.has("request method=UNKNOWN target=- route=none status=408 "));
    CHECK(log.has("peer=local request_id=- cancelled=no"));
}

TEST_CASE("a request that cannot be counted ends nothing, and is counted as that") {
    Metrics metrics;
    metrics.gauge("troika_http_request_duration_seconds", "Of the service itself.");
    detail::RequestMeter meter(metrics, false);
    const Request request(Method::get, "/items/1");
    for (int i = 0; i < 2; ++i) {
        meter.on_request_began(request);
        meter.on_request_ended(record_of(request, Status::ok));
    }
    CHECK(shows(metrics, "troika_http_requests_uncounted_total 2"));
    CHECK(shows(metrics, "troika_http_requests_in_flight 0"));
}

TEST_CASE("a failed handler's text goes to the log with route and request id") {
    const LogLines log;
    Metrics metrics;
    detail::RequestMeter meter(metrics, false);
    Request request(Method::post, "/items/1");
    request.set_id("r-9");
    meter.on_request_failed(request, kItems, "out of paper");
    CHECK(log.has("route=/items/{id} method=POST request_id=r-9 error=out of paper"));
    meter.on_trouble("no descriptors left");
    CHECK(log.has("no descriptors left"));
}

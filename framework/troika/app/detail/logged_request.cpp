#include <troika/app/detail/logged_request.hpp>
#include <troika/async/scope.hpp>
#include <troika/observe/log.hpp>
#include <troika/observe/trace_context.hpp>

#include <vector>

namespace troika::detail {

namespace {

// A cursor like the current scope: set while a handler runs on this thread.
constinit thread_local const Request* request_on_this_thread = nullptr;

void add_request_fields(std::vector<log::Field>& fields) {
    const Request* request = request_on_this_thread;
    if (request == nullptr && current_scope() != nullptr)
        request = static_cast<const Request*>(current_scope()->context());
    if (request == nullptr) return;
    fields.push_back({"request_id", request->id()});
    if (!request->route().empty()) fields.push_back({"route", request->route()});
    const auto trace = request->header("traceparent");
    if (trace && TraceContext::parse(*trace)) fields.push_back({"trace_id", trace->substr(3, 32)});
}

}  // namespace

LoggedRequest::LoggedRequest(const Request& request) noexcept { request_on_this_thread = &request; }
LoggedRequest::~LoggedRequest() { request_on_this_thread = nullptr; }

void add_request_fields_to_log() noexcept { log::set_context_provider(&add_request_fields); }

}  // namespace troika::detail

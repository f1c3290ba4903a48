#include <troika/async/task_group.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/server/error_boundary.hpp>

namespace troika::http {

namespace {

Response unavailable(std::string_view text, const Request& request) {
    Response response = problem(Status::service_unavailable, text, request.id());
    response.headers().add("retry-after", "1");
    return response;
}

HttpError refused(const Overloaded& overloaded) {
    const auto error = [&overloaded](std::string type, const std::string& text) {
        return HttpError(Status::service_unavailable, text)
            .with_type(std::move(type))
            .with_header("retry-after", std::to_string(overloaded.retry_after().count()));
    };
    switch (overloaded.cause()) {
        case Overloaded::Cause::queue_full: break;
        case Overloaded::Cause::waited_too_long:
            return error("waited-too-long",
                         "too much to do at the moment: it was not your turn in time");
        case Overloaded::Cause::suspended:
            return error(
                "suspended",
                "this has failed again and again and is suspended for a while; the rest of "
                "the service is not affected");
        case Overloaded::Cause::no_worker:
            return error("no-worker", "there is no worker process left to run this");
    }
    return error("queue-full", "too much to do at the moment");
}

}  // namespace

Response ErrorBoundary::fail(const Request& request, std::string_view pattern,
                             std::string_view what) const {
    if (observer_ != nullptr) observer_->on_request_failed(request, pattern, what);
    return problem(Status::internal_server_error,
                   "the request failed; the log has the reason under its id", request.id());
}

Response ErrorBoundary::answer(const std::exception_ptr& error, const Request& request,
                               std::string_view pattern) const {
    try {
        std::rethrow_exception(error);
    } catch (const HttpError& http) {
        return problem(http, request.id());
    } catch (const GroupError& group) {
        if (group.errors().size() == 1) return answer(group.errors().front(), request, pattern);
        return fail(request, pattern, group.what());
    } catch (const std::exception& exception) {
        if (map_error_) {
            if (const std::optional<HttpError> mapped = map_error_(exception)) {
                if (observer_ != nullptr)
                    observer_->on_request_failed(request, pattern, exception.what());
                return problem(*mapped, request.id());
            }
        }
        if (dynamic_cast<const TimeoutError*>(&exception) != nullptr)
            return problem(Status::gateway_timeout, "a deadline passed", request.id());
        if (const auto* overloaded = dynamic_cast<const Overloaded*>(&exception))
            return problem(refused(*overloaded), request.id());
        if (dynamic_cast<const Stopped*>(&exception) != nullptr)
            return unavailable("the service is stopping", request);
        return fail(request, pattern, exception.what());
    } catch (const Cancelled& cancelled) {
        if (cancelled.reason == CancelReason::deadline)
            return problem(Status::gateway_timeout, "a deadline passed", request.id());
        if (cancelled.reason == CancelReason::shutdown)
            return unavailable("the service is stopping", request);
        return fail(request, pattern, "cancelled: " + std::string(to_string(cancelled.reason)));
    } catch (...) {  // boundary: whatever a handler threw
        return fail(request, pattern, "an exception that is no std::exception");
    }
}

}  // namespace troika::http

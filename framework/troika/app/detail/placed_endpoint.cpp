#include <troika/app/detail/logged_request.hpp>
#include <troika/app/detail/placed_endpoint.hpp>
#include <troika/app/detail/process_call.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>

#include <memory>
#include <utility>

namespace troika::detail {

namespace {

struct ThreadRequest {
    Request request;
    const Placed::OnThread* handler;
};

Response run_on_thread(const std::shared_ptr<ThreadRequest>& owned) {
    const LoggedRequest logged(owned->request);
    return (*owned->handler)(owned->request);
}

Task<Response> answer_on_thread(workers::ThreadPool& pool, const Placed::OnThread& handler,
                                Request& request) {
    // The request goes with the job and stays there when the answer is given up. Its head and id stay
    // here as well: whoever writes the answer still asks for method and version.
    std::string id(request.id());
    RequestHead head = request.head();
    auto owned = std::make_shared<ThreadRequest>(ThreadRequest{std::move(request), &handler});
    request.head() = std::move(head);  // NOLINT(bugprone-use-after-move): made anew
    request.set_id(std::move(id));
    request.body().clear();
    request.parameters().clear();
    auto call = pool.run_abandonable(&run_on_thread, owned);
    Response response = co_await std::move(call);
    request = std::move(owned->request);
    co_return response;
}

Task<Response> answer_in_process(workers::ProcessPool& pool, workers::JobRef job,
                                 workers::RunOptions limits, Request& request) {
    workers::Parcel input = pack_request(request);
    auto call = pool.run_parcel(job, std::move(input), limits);
    workers::Parcel output = co_await std::move(call);
    co_return unpack_response(std::move(output));
}

}  // namespace

http::Handler call_on_thread(workers::ThreadPool& pool, const Placed::OnThread& handler) {
    return [&pool, &handler](Request& request) { return answer_on_thread(pool, handler, request); };
}

http::Handler call_in_process(workers::ProcessPool& pool, Placed::OnProcess handler,
                              const std::string& pattern, const workers::RunOptions& limits) {
    const workers::JobRef job = handler_job(pattern, handler);
    return [&pool, job, limits](Request& request) {
        return answer_in_process(pool, job, limits, request);
    };
}

}  // namespace troika::detail

#pragma once

#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>
#include <troika/workers/job.hpp>
#include <troika/workers/payload.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A whole request on its way to a worker process, and the answer on its way back.
//
//   server   pack_request ──► head: method, target, fields, parameters, peer, id   body: bytes or memfd
//   worker   run_handler: rebuilds the Request, calls Response f(const Request&)
//   server   unpack_response ◄── head: status, fields                              body: bytes or memfd
namespace troika::detail {

using ProcessHandler = Response (*)(const Request&);

// The job that runs `handler` in a worker. `name` must outlive every call: the route's pattern.
workers::JobRef handler_job(std::string_view name, ProcessHandler handler) noexcept;

// Takes the body out of the request: a memory file travels as it is, bytes are moved.
workers::Parcel pack_request(Request& request);

// The request as the worker sees it. Its path parameters' names are views into `parameters`.
struct UnpackedRequest {
    std::vector<std::pair<std::string, std::string>> parameters;
    Request request;
};
UnpackedRequest unpack_request(workers::Parcel parcel);

// Throws Error for a body that cannot cross a process border: a stream, a file, an upgrade.
workers::Parcel pack_response(Response response);
Response unpack_response(workers::Parcel parcel);

}  // namespace troika::detail

#pragma once

#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <string>
#include <string_view>

namespace troika::http {

// Answers GET and HEAD with a regular file, or the part of it that is asked for, sent by the kernel:
// ETag (weak while the file is less than a second old) and Last-Modified, 304, 206 with Content-Range, 412,
// 416. Opens the file, so call it on a thread:
//
//     app.get("/reports/{name}", on_thread([](Request& request) {
//         return file_response(request, folder + std::string(request.parameter("name")), "text/csv");
//     }));
//
// A `{name}` or `{name*}` part cannot have "..", but a symbolic link is followed.
//
//   Errors        HttpError 404 for a file that is not there, is none, or may not be read; IoError for
//                 the rest.
Response file_response(const Request& request, const std::string& path,
                       std::string_view content_type);

}  // namespace troika::http

#pragma once

#include <troika/data/error.hpp>
#include <troika/data/json.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/message/request.hpp>

namespace troika::http {

// 400 for what is no JSON, 422 for JSON that is no T; the text names the path.
template <typename T>
T Request::json() const {
    check_json_type();
    try {
        return data::from_json<T>(bytes());
    } catch (const data::DecodeError& error) {
        throw HttpError(error.path().empty() ? Status::bad_request : Status::unprocessable_content,
                        error.what());
    }
}

}  // namespace troika::http

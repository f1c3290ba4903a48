#include <troika/http/message/http_error.hpp>
#include <troika/http/message/ndjson.hpp>

namespace troika::http::detail {

void refuse_line(std::size_t number, const data::DecodeError& error) {
    throw HttpError(error.path().empty() ? Status::bad_request : Status::unprocessable_content,
                    "line " + std::to_string(number) + ": " + error.what());
}

}  // namespace troika::http::detail

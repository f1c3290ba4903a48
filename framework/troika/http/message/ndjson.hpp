#pragma once

#include <troika/data/error.hpp>
#include <troika/data/json.hpp>
#include <troika/http/message/lines.hpp>
#include <troika/http/message/response.hpp>

#include <cstddef>
#include <string>
#include <utility>

// JSON values, one a line (application/x-ndjson), both ways and one at a time. T is data
// (data/described.hpp), or nlohmann::json with <nlohmann/json.hpp> included.
namespace troika::http {

namespace detail {
[[noreturn]] void refuse_line(std::size_t number, const data::DecodeError& error);
}

// Each value is sent when the generator gives it.
template <typename T>
Response ndjson(Flow<T> values, Status status = Status::ok) {
    auto lines = std::move(values).map([](const T& value) {
        std::string line = data::to_json(value);
        line += '\n';
        return line;
    });
    return Response::stream(std::move(lines), "application/x-ndjson", status);
}

// The values of a body as they arrive; empty lines are skipped.
//
//   Lifetime      The request outlives the flow.
//   Errors        HttpError 400 for a line that is no JSON, 422 for one that is no T, naming its
//                 number; 413 for one longer than `longest` bytes.
template <typename T>
Flow<T> ndjson_of(Request& request, std::size_t longest = std::size_t{1} << 20) {
    Flow<std::string> lines = lines_of(request, longest);
    std::size_t number = 0;
    while (std::optional<std::string> line = co_await lines.next()) {
        ++number;
        if (line->find_first_not_of(" \t") == std::string::npos) continue;
        std::optional<T> value;
        try {
            value.emplace(data::from_json<T>(*line));
        } catch (const data::DecodeError& error) {
            detail::refuse_line(number, error);
        }
        co_yield std::move(*value);
    }
}

}  // namespace troika::http

#pragma once

#include <troika/async/flow.hpp>
#include <troika/http/message/request.hpp>

#include <cstddef>
#include <string>

namespace troika::http {

// The lines of a body as they arrive, without their LF or CR LF; a last one without an end counts, an
// empty body has none. For streamed bodies and buffered ones.
//
//   Lifetime      The request outlives the flow.
//   Errors        HttpError 413 for a line longer than `longest` bytes, naming its number; and what the
//                 stream throws.
Flow<std::string> lines_of(Request& request, std::size_t longest = std::size_t{1} << 20);

}  // namespace troika::http

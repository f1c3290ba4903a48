#pragma once

#include <boost/system/result.hpp>

namespace troika {

// An outcome the caller is expected to look at: a value, or why there is none. What may simply be
// absent is a std::optional; what stops the operation is an exception (base/error.hpp).
template <typename T, typename E = boost::system::error_code>
using Result = boost::system::result<T, E>;

}  // namespace troika

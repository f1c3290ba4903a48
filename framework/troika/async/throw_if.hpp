#pragma once

#include <boost/system/error_code.hpp>

#include <string_view>

namespace troika {

namespace detail {
[[noreturn]] void throw_code(const boost::system::error_code& ec, std::string_view doing);
}

// Translates a code at an I/O edge: throw_if(ec, "read the request head"). operation_aborted
// becomes Cancelled only when the current scope was cancelled; because somebody closed the socket
// it stays an ordinary IoError, like every other code.
inline void throw_if(const boost::system::error_code& ec, std::string_view doing) {
    if (ec) [[unlikely]]
        detail::throw_code(ec, doing);
}

}  // namespace troika

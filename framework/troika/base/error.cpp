#include <troika/base/error.hpp>

#include <cerrno>

namespace troika {

IoError::IoError(boost::system::error_code code, std::string_view doing)
    : Error(std::string(doing) + ": " + code.message()), code_(code) {}

void throw_errno(std::string_view doing) {
    throw IoError(boost::system::error_code(errno, boost::system::system_category()), doing);
}

}  // namespace troika

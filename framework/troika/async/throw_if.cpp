#include <troika/async/scope.hpp>
#include <troika/async/throw_if.hpp>
#include <troika/async/use_task.hpp>
#include <troika/base/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace troika::detail {

void throw_code(const boost::system::error_code& ec, std::string_view doing) {
    const Scope* const scope = current_scope();
    if (ec == boost::asio::error::operation_aborted && scope != nullptr)
        scope->throw_if_cancelled();
    throw IoError(ec, doing);
}

void rethrow_from_asio(const std::exception_ptr& error, const Scope& scope) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system_error) {
        if (system_error.code() == boost::asio::error::operation_aborted)
            scope.throw_if_cancelled();
        throw;
    }
}

}  // namespace troika::detail

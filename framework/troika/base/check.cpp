#include <troika/base/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace troika::detail {

void check_failed(std::string_view expression, std::string_view message,
                  std::source_location where) noexcept {
    std::fprintf(stderr, "%s:%u: %s: check failed: %.*s: %.*s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name(),
                 static_cast<int>(expression.size()), expression.data(),
                 static_cast<int>(message.size()), message.data());
    std::abort();
}

}  // namespace troika::detail

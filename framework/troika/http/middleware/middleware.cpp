#include <troika/base/error.hpp>
#include <troika/http/middleware/middleware.hpp>

#include <utility>

namespace troika::http {

Handler compose(const std::vector<Middleware>& middleware, Handler handler) {
    for (auto next = middleware.rbegin(); next != middleware.rend(); ++next) {
        handler = (*next)(std::move(handler));
        if (!handler) throw Error("a middleware gave no handler");
    }
    return handler;
}

}  // namespace troika::http

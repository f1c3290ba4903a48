#include <troika/async/gate.hpp>
#include <troika/base/error.hpp>

namespace troika {

Gate::Pass Gate::enter() {
    if (closed_) throw Stopped("the gate is closed: the object behind it is stopping");
    return Pass(*this);
}

Task<> Gate::close() {
    closed_ = true;
    while (inside_ > 0) {
        empty_.clear();
        co_await empty_.wait();
    }
}

}  // namespace troika

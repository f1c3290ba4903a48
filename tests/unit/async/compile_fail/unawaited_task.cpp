#include <troika/async/task.hpp>

using namespace troika;

Task<> work() { co_return; }

Task<> forgetful() {
    work();  // without co_await
    co_return;
}

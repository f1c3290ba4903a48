#include <troika/async/event_loop.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/throw_if.hpp>
#include <troika/base/error.hpp>

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>

using namespace troika;
namespace error = boost::asio::error;

TEST_CASE("no error throws nothing, an error is named with what we were doing") {
    CHECK_NOTHROW(throw_if({}, "read"));
    CHECK_THROWS_WITH(throw_if(error::connection_reset, "read the head"),
                      "read the head: Connection reset by peer");
}

TEST_CASE("operation_aborted is a cancel only where the current scope was cancelled") {
    EventLoop loop;
    auto abort = []() -> Task<> {
        throw_if(error::operation_aborted, "read");
        co_return;
    };
    CHECK_THROWS_AS(loop.run(abort()), IoError);
    bool cancelled = false;
    auto watch = [&]() -> Task<> {
        try {
            co_await abort();
        } catch (const Cancelled& caught) {
            cancelled = caught.reason == CancelReason::deadline;
        }
    };
    TaskGroup group(loop.root(), "group");
    group.cancel(CancelReason::deadline);
    group.spawn("watch", watch());
    loop.run(group.join());
    CHECK(cancelled);
    CHECK_THROWS_AS(throw_if(error::operation_aborted, "outside of any scope"), IoError);
}

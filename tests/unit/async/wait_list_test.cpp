#include <troika/async/detail/wait_list.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/task_group.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;

namespace {
class Listed final : public detail::ListedSuspension {
  public:
    explicit Listed(detail::WaitList& list) : list_(list) {}
    void await_resume() const { finish(); }

  private:
    bool start() override {
        wait_in(list_);
        return true;
    }
    detail::WaitList& list_;
};
}  // namespace

TEST_CASE("waiters leave in their order of arrival, cancelled ones from the middle") {
    EventLoop loop;
    detail::WaitList list;
    std::string log;
    auto wait = [&](char name) -> Task<> {
        Listed listed(list);
        co_await listed;
        log += name;
    };
    TaskGroup group(loop.root(), "waiters");
    group.spawn("a", wait('a'));
    group.spawn("b", wait('b'));
    const auto c = group.spawn("c", wait('c'));
    group.spawn("d", wait('d'));
    loop.poll();
    CHECK(list.size() == 4);
    group.cancel(c, CancelReason::asked);
    CHECK(list.size() == 3);
    list.resume_first();
    loop.poll();
    CHECK(log == "a");
    list.resume_all();
    CHECK(list.empty());
    loop.run(group.join());
    CHECK(log == "abd");
}

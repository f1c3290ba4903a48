#include "json.hpp"
#include "support.hpp"
#include "tasks.hpp"

#include <troika/app/with_json.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/data/described.hpp>
#include <troika/testing/client.hpp>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace troika;
using namespace app_checks;
using namespace std::chrono_literals;

namespace {

std::thread::id made_on, used_on, destroyed_on;

// A value that tells who made and who destroyed it.
struct Parcelled {
    Parcelled() { made_on = std::this_thread::get_id(); }
    Parcelled(const Parcelled&) = default;
    Parcelled& operator=(const Parcelled&) = default;
    ~Parcelled() { destroyed_on = std::this_thread::get_id(); }
    std::string text{};
};
BOOST_DESCRIBE_STRUCT(Parcelled, (), (text))

Response size_of(const Parcelled& value) {
    used_on = std::this_thread::get_id();
    if (value.text.starts_with("throw")) throw std::runtime_error("the text is no good");
    return Response::text(std::to_string(value.text.size()));
}

void parses(App& app) {
    const RouteOptions large{.max_body = 4 << 20};
    app.post(
        "/struct",
        [](Request& request) -> Task<Response> {
            co_return co_await with_json<Parcelled>(request, size_of);
        },
        large);
    app.post(
        "/json",
        [](Request& request) -> Task<Response> {
            std::size_t size = 0;
            const auto count = [&size](const nlohmann::json& value) { size = value.size(); };
            co_await with_json(request, count);
            co_return Response::text(std::to_string(size));
        },
        large);
}

std::string body(std::string text, std::size_t size) {
    text.resize(size, 'x');
    return R"({"text":")" + text + "\"}";
}

Request request_with(const std::string& text) {
    Request request(Method::post, "/struct");
    request.body() = http::RequestBody(http::Bytes(text));
    return request;
}

// Runs `check` on a loop that has one thread to give.
template <typename Check>
void with_one_thread(std::size_t queue_limit, Check check) {
    EventLoop loop;
    ThreadPool threads(loop, {.threads = 1, .queue_limit = queue_limit});
    loop.offer(&threads);
    loop.run([](ThreadPool& pool, Check& check) -> Task<> {
        auto checking = check();
        co_await std::move(checking);
        co_await pool.stop(StopMode::drain, 10s);
    }(threads, check));
    loop.offer<ThreadPool>(nullptr);
}

}  // namespace

TEST_CASE("a small JSON body is parsed and used on the loop, a large one on a thread to its end") {
    testing::TestClient client(parses);
    CHECK(client.post("/struct", body("", 1000)).body == "1000");
    const std::thread::id loop = made_on;
    CHECK(used_on == loop);
    CHECK(destroyed_on == loop);
    CHECK(client.post("/struct", body("", 1 << 20)).body == "1048576");
    CHECK(made_on != loop);
    CHECK(used_on == made_on);
    CHECK(destroyed_on == made_on);
}

TEST_CASE("what does not parse or is not liked is answered the same from loop and thread") {
    testing::TestClient client(parses);
    for (const std::size_t size : {100, 1 << 20}) {
        CHECK(client.post("/struct", body("", size) + "]").code() == 400);
        CHECK(client.post("/struct", R"({"text":7,"more":")" + std::string(size, 'x') + "\"}")
                  .code() == 422);
        CHECK(client.post("/struct", body("throw", size)).code() == 500);
        CHECK(client.post("/struct", body("", size), {{"Content-Type", "image/png"}}).code() ==
              415);
    }
}

TEST_CASE("a large body without a described type is a document, and the use may return nothing") {
    testing::TestClient client(parses);
    std::string numbers = "[0";
    for (int i = 1; i < 200'000; ++i) numbers += "," + std::to_string(i);
    CHECK(client.post("/json", numbers + "]").body == "200000");
    CHECK(client.post("/json", "[1,2]").body == "2");
}

TEST_CASE("what the use returns by reference is copied before the value goes") {
    with_one_thread(1, []() -> Task<> {
        const auto text_in = [](const Parcelled& value) -> const std::string& {
            return value.text;
        };
        for (const std::size_t size : {std::size_t{1000}, std::size_t{1} << 20}) {
            const Request request = request_with(body("", size));
            const std::string text = co_await with_json<Parcelled>(request, text_in);
            const bool is_copied = text == std::string(size, 'x');  // a megabyte in no report
            CHECK(is_copied);
        }
    });
}

TEST_CASE("where no thread is free a large body is refused, not parsed on the loop") {
    with_one_thread(1, []() -> Task<> {
        std::latch started{1}, released{1};
        const auto block = [&] {
            started.count_down();
            released.wait();
        };
        const auto nothing = [] {};
        TaskGroup group("calls");
        group.spawn("running", to_thread(block));
        co_await sleep_for(0s);
        started.wait();
        group.spawn("queued", to_thread(nothing));
        co_await sleep_for(0s);
        const Request request = request_with(body("", 1 << 20));
        bool refused = false;
        made_on = {};
        try {
            co_await with_json<Parcelled>(request, size_of);
        } catch (const Overloaded&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(made_on == std::thread::id());
        released.count_down();
        co_await group.join();
    });
}

TEST_CASE("a cancelled caller waits for the use of its large body, and drops one that is queued") {
    with_one_thread(8, []() -> Task<> {
        std::latch started{1}, released{1};
        std::atomic<bool> used{false};
        const Request request = request_with(body("", 1 << 20));
        const auto block = [&](const Parcelled&) {
            started.count_down();
            released.wait();
            used = true;
        };
        std::string running_ended, queued_ended;
        auto held = with_json<Parcelled>(request, block);
        auto waiting = with_json<Parcelled>(request, size_of);
        TaskGroup group("calls");
        const auto running = group.spawn("running", testing::tell(std::move(held), running_ended));
        co_await sleep_for(0s);
        started.wait();
        used_on = {};
        const auto queued = group.spawn("queued", testing::tell(std::move(waiting), queued_ended));
        co_await sleep_for(0s);
        group.cancel(queued, CancelReason::client_gone);
        group.cancel(running, CancelReason::client_gone);
        co_await sleep_for(0s);
        co_await sleep_for(0s);
        CHECK(queued_ended == "cancelled: client_gone");
        CHECK(running_ended.empty());
        released.count_down();
        co_await group.join();
        CHECK(running_ended == "cancelled: client_gone");
        CHECK(used);
        CHECK(used_on == std::thread::id());
    });
}

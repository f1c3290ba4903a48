#include "log_checks.hpp"

using namespace log_checks;
using namespace std::chrono_literals;

TEST_CASE("a level below the threshold writes nothing, and the threshold moves at run time") {
    const std::string text = written(log::Format::text, [] {
        log::debug("hidden");
        log::set_level(log::Level::debug);
        log::debug("shown");
        log::set_level(log::Level::off);
        log::critical("hidden too");
        log::set_level(log::Level::info);
    });
    CHECK(text.find("hidden") == std::string::npos);
    CHECK(text.find("shown") != std::string::npos);
    CHECK(log::parse_level("warning") == log::Level::warning);
    CHECK_FALSE(log::parse_level("loud"));
}

TEST_CASE("fields of the request are added, the caller's own win") {
    const std::string line = written(log::Format::json, [] {
        log::set_context_provider([](std::vector<log::Field>& fields) {
            fields.push_back({"request_id", "r1"});
            fields.push_back({"route", "/x"});
        });
        log::info("hello", {{"route", "/own"}});
        log::set_context_provider(nullptr);
    });
    const auto json = nlohmann::json::parse(line);
    CHECK(json["request_id"] == "r1");
    CHECK(json["route"] == "/own");
    CHECK(line.find("/x") == std::string::npos);
}

TEST_CASE("a sink gets the records instead, and a record is written again elsewhere") {
    std::string seen;
    const std::string line = written(log::Format::json, [&] {
        log::set_sink([&](const log::Record& record) {
            seen = std::string(record.message) + std::to_string(record.fields.size());
        });
        log::error("from a worker", {{"a", 1}});
        log::set_sink({});
        const log::Field field{"pid", 42};
        log::write(
            {log::Level::error, std::chrono::system_clock::time_point{}, "again", {&field, 1}});
    });
    CHECK(seen == "from a worker1");
    const auto json = nlohmann::json::parse(line);
    CHECK(json["msg"] == "again");
    CHECK(json["pid"] == 42);
    CHECK(json["ts"] == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("flush returns when everything is written") {
    const Pipe pipe;
    log::start(to(pipe.write.get(), log::Format::text));
    for (int i = 0; i < 100; ++i) log::info("line");
    CHECK(log::flush(10s));
    CHECK(lines(pipe.drain()) == 100);
    log::info("after");
    log::stop();
    log::info("after stop");
    CHECK(lines(pipe.drain()) == 2);
}

TEST_CASE("a pipe nobody reads costs lines, not time, and the loss is told when it moves again") {
    const Pipe pipe;
    pipe.fill();
    auto options = to(pipe.write.get(), log::Format::text);
    options.queue_limit = 64;
    const std::uint64_t before = log::dropped();
    log::start(options);
    const std::string padding(200, 'x');
    for (int i = 0; i < 5000; ++i) log::info("a line", {{"padding", padding}});
    CHECK_FALSE(log::flush(20ms));
    const std::uint64_t lost = log::dropped() - before;
    CHECK(lost > 3000);
    CHECK((::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK) == 0);

    std::string text = pipe.drain();
    while (!log::flush(20ms)) text += pipe.drain();
    text += pipe.drain();
    log::info("it moves again");
    CHECK(log::flush(10s));
    log::stop();
    text += pipe.drain();
    CHECK(text.find("log lines were lost") != std::string::npos);
    CHECK(text.find("it moves again") != std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("stop ends with a full pipe, and what it gave up is counted") {
    const Pipe pipe;
    const std::uint64_t before = log::dropped();
    log::start(to(pipe.write.get(), log::Format::text));
    const std::string padding(1000, 'x');
    for (int i = 0; i < 500; ++i) log::info("a line", {{"padding", padding}});
    log::stop(10ms);
    const std::uint64_t lost = log::dropped() - before;
    const std::string text = pipe.drain();
    CHECK(lost > 300);
    CHECK(lines(text) + lost == 500);
}

TEST_CASE("lines of several threads stay whole") {
    const Pipe pipe;
    auto options = to(pipe.write.get(), log::Format::json);
    options.queue_limit = 10'000;
    log::start(options);
    std::array<std::thread, 4> threads;
    for (auto& thread : threads)
        thread = std::thread([] {
            for (int i = 0; i < 100; ++i) log::info("from a thread", {{"i", i}});
        });
    for (auto& thread : threads) thread.join();
    log::stop(10s);
    std::string text = pipe.drain();
    int whole = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        whole += nlohmann::json::parse(text.substr(0, end))["msg"] == "from a thread";
        text.erase(0, end + 1);
    }
    CHECK(whole == 400);
}

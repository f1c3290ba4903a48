#include <troika/base/unique_fd.hpp>
#include <troika/observe/log.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <nlohmann/json.hpp>
#include <thread>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> fds{};
        REQUIRE(::pipe2(fds.data(), O_CLOEXEC) == 0);
        read.reset(fds[0]);
        write.reset(fds[1]);
    }
    // What is in the pipe now.
    std::string drain() const {
        std::string text;
        std::array<char, 65536> buffer{};
        pollfd ready{read.get(), POLLIN, 0};
        while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
            const auto count = ::read(read.get(), buffer.data(), buffer.size());
            if (count <= 0) break;
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return text;
    }
    UniqueFd read, write;
};

log::LogOptions to(int fd, log::Format format) {
    log::LogOptions options;
    options.fd = fd;
    options.format = format;
    return options;
}

// What one call writes.
template <typename F>
std::string written(log::Format format, F call) {
    const Pipe pipe;
    log::start(to(pipe.write.get(), format));
    call();
    log::stop();
    return pipe.drain();
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("text is time, level, message and fields on one line") {
    const std::string line = written(log::Format::text, [] {
        log::info("stored a document", {{"id", "a b"},
                                        {"bytes", 17U},
                                        {"change", -2},
                                        {"ratio", 0.5},
                                        {"fresh", true},
                                        {"took", 1500us},
                                        {"owner", ""}});
    });
    REQUIRE(line.size() > 25);
    CHECK(line[10] == 'T');
    CHECK(line[23] == 'Z');
    CHECK(line.substr(24) ==
          " info     stored a document id=\"a b\" bytes=17 change=-2 ratio=0.5 fresh=true "
          "took=1.5ms owner=\"\"\n");
}

TEST_CASE("json lines hold the same, and every byte sequence stays valid JSON") {
    const std::string line = written(log::Format::json, [] {
        log::warning("a \"quoted\"\r\nmessage \x1b[31m \xff \xc3\xa9 \\",
                     {{"bytes", 17}, {"took", 1500ms}, {"level", "mine"}, {"none", 0.0 / 0.0}});
    });
    CHECK(lines(line) == 1);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["level"] == "warning");
    CHECK(json["msg"] == "a \"quoted\"\r\nmessage \x1b[31m \xef\xbf\xbd\xc3\xbf \xc3\xa9 \\");
    CHECK(json["bytes"] == 17);
    CHECK(json["took"] == 1.5);
    CHECK(json["level_"] == "mine");
    CHECK(json["none"].is_null());
    CHECK(json["ts"].get<std::string>().size() == 24);
}

TEST_CASE("a message cannot begin a line of its own or move the cursor") {
    const std::string line = written(log::Format::text, [] {
        log::info("one\nfake info", {{"k\r\n", "v\x1b[2J\x7f\xc2\x9b\xff"}});
    });
    CHECK(lines(line) == 1);
    CHECK(line.find("one\\nfake info k\\r\\n=v\\x1b[2J\\x7f\\x9b\\xff\n") != std::string::npos);
}

TEST_CASE("a line is cut at 16 KB and still JSON") {
    const std::string huge(100'000, 'x');
    const std::string line =
        written(log::Format::json, [&] { log::info(huge, {{"a", huge}, {"b", huge}}); });
    CHECK(line.size() < 16 * 1024);
    CHECK(nlohmann::json::parse(line)["cut"] == true);
}

TEST_CASE("a level below the threshold writes nothing, and the threshold moves at run time") {
    const std::string text = written(log::Format::text, [] {
        log::debug("hidden");
        log::set_level(log::Level::debug);
        log::debug("shown");
        log::set_level(log::Level::off);
        log::critical("hidden too");
        log::set_level(log::Level::info);
    });
    CHECK(lines(text) == 1);
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

TEST_CASE("a reader that went away is no crash and every line is counted") {
    Pipe pipe;
    pipe.read.close();
    const std::uint64_t before = log::dropped();
    log::start(to(pipe.write.get(), log::Format::text));
    log::info("into the void");
    log::stop();
    CHECK(log::dropped() - before == 1);
}

TEST_CASE("a socket nobody reads is treated like a pipe") {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    const UniqueFd ours(fds[0]), theirs(fds[1]);
    const std::uint64_t before = log::dropped();
    log::start(to(ours.get(), log::Format::text));
    const std::string padding(8000, 'x');
    for (int i = 0; i < 1000; ++i) log::info("a line", {{"padding", padding}});
    log::stop(10ms);
    CHECK(log::dropped() > before);
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

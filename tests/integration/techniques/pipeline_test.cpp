#include "fetch.hpp"
#include "json.hpp"
#include "service_process.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/map.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/process_pool.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <exception>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using testing::ServiceProcess;

namespace {

struct Words {
    std::string longest;
    std::uint64_t distinct = 0;
    std::int64_t worker = 0;
};
BOOST_DESCRIBE_STRUCT(Words, (), (longest, distinct, worker))

Words words_of(const std::string& page) {
    std::istringstream text(page);
    std::set<std::string> seen;
    Words words;
    for (std::string word; text >> word;) {
        if (word.size() > words.longest.size()) words.longest = word;
        seen.insert(std::move(word));
    }
    words.distinct = seen.size();
    words.worker = ::getpid();
    return words;
}
const auto words_job = job<"pipeline.words">(words_of);

std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const Error& known) {
        return known.what();
    }
}

// One page after another as it arrives, while others are still on their way.
Task<nlohmann::json> fetch_and_process(ProcessPool& pool, std::uint16_t port,
                                       std::vector<std::string> targets) {
    const auto process = [&pool, port](std::string target) -> Task<Words> {
        Task<std::string> fetching = testing::fetch(port, std::move(target));
        std::string page = co_await std::move(fetching);
        co_return co_await pool.run(words_job, std::move(page));
    };
    auto mapped = map_settled(targets, process);
    auto settled = co_await std::move(mapped);
    auto results = nlohmann::json::array();
    for (std::size_t i = 0; i < settled.size(); ++i) {
        nlohmann::json entry{{"target", targets[i]}};
        if (settled[i]) {
            entry["longest"] = settled[i].value->longest;
            entry["distinct"] = settled[i].value->distinct;
            entry["worker"] = settled[i].value->worker;
        } else {
            entry["error"] = text_of(settled[i].error);
        }
        results.push_back(std::move(entry));
    }
    co_return results;
}

}  // namespace

// Row 48: fetch, then compute.
TEST_CASE("twenty pages are fetched on the loop and read in workers; one that fails costs itself") {
    const testing::TemporaryFolder folder;
    const ServiceProcess service = ServiceProcess::listening(
        {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    std::vector<std::string> targets;
    for (int i = 0; i < 20; ++i) targets.push_back("/page/" + std::to_string(i));
    targets[13] = "/nowhere";
    EventLoop loop;
    ProcessPool pool(loop, {.processes = 2});
    nlohmann::json results;
    loop.run([](ProcessPool& pool, std::uint16_t port, std::vector<std::string> targets,
                nlohmann::json& results) -> Task<> {
        co_await pool.wait_ready();
        auto task = fetch_and_process(pool, port, std::move(targets));
        results = co_await std::move(task);
        co_await pool.stop(StopMode::drain, 10s);
    }(pool, service.port(), targets, results));
    REQUIRE(results.size() == 20);
    std::set<std::int64_t> workers;
    for (std::size_t i = 0; i < results.size(); ++i) {
        INFO(results[i].dump());
        CHECK(results[i]["target"] == targets[i]);
        if (i == 13) {
            CHECK(results[i]["error"] == "GET /nowhere: 404");
            continue;
        }
        CHECK(results[i]["distinct"] == 100 + i);
        const std::string longest = i == 0 ? "-word10" : "-word100";  // the first of that length
        CHECK(results[i]["longest"] == "page" + std::to_string(i) + longest);
        workers.insert(results[i]["worker"].get<std::int64_t>());
    }
    CHECK_FALSE(workers.contains(::getpid()));
}

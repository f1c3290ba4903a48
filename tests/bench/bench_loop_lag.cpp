// How late the loop is while it does what services do beside other requests, and how late it would be if it did
// all of it by itself: rows 48 and 50 of what users know from Python.

#include "fetch.hpp"

#include <troika/app/with_json.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/map.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/http/message/request.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/zygote.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using troika::ProcessPool;
using troika::Request;
using troika::Task;
using troika::ThreadPool;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kMeasured = 3s;
constexpr int kPages = 20;

// About 5 ms of work: how often each word occurs in 64 KB.
std::uint64_t words_of(const std::string& page) {
    std::map<std::string, int> counts;
    std::istringstream text(page);
    for (std::string word; text >> word;) ++counts[word];
    return counts.size();
}
const auto words_job = troika::job<"bench.words">(words_of);

std::string page() {
    std::string text;
    for (int i = 0; text.size() < 64 * 1024; ++i)
        text += "word" + std::to_string(i * 7919 % 3001) + ' ';
    return text;
}

// Answers whoever connects with one page, on a thread of its own, until this process ends.
std::uint16_t serve_pages() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, 128) != 0 ||
        ::getsockname(listener, generic, &size) != 0) {
        throw std::runtime_error("no listener for the pages");
    }
    std::thread([listener] {
        const std::string text = page();
        const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                   std::to_string(text.size()) + "\r\n\r\n" + text;
        for (;;) {
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            char request[1024];
            if (::recv(client, request, sizeof request, 0) > 0)
                ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(client);
        }
    }).detach();
    return ntohs(address.sin_port);
}

// One figure for each millisecond there was: what was due while the loop was busy counts as late as
// it was, or half a second in one piece would be one late turn among a thousand punctual ones.
Task<> watch_lag(const bool& done, std::vector<double>& lags) {
    auto due = Clock::now();
    while (!done) {
        co_await troika::sleep_for(std::max<Clock::duration>(due - Clock::now(), 0ns));
        const auto now = Clock::now();
        for (; due <= now; due += 1ms)
            lags.push_back(std::chrono::duration<double, std::milli>(now - due).count());
    }
}

// How many milliseconds late the loop was while `work` was done again and again.
template <typename Work>
Task<> measure(const char* what, Work work) {
    bool done = false;
    std::vector<double> lags;
    troika::TaskGroup group("lag");
    group.spawn("lag", watch_lag(done, lags));
    int rounds = 0;
    for (const auto end = Clock::now() + kMeasured; Clock::now() < end; ++rounds) {
        auto task = work();
        co_await std::move(task);
        co_await troika::sleep_for(0s);
    }
    done = true;
    co_await group.join();
    std::sort(lags.begin(), lags.end());
    const auto at = [&lags](double part) {
        return lags[static_cast<std::size_t>(part * static_cast<double>(lags.size() - 1))];
    };
    std::printf("%-58s %10.2f ms\n", (std::string(what) + ", 50 %").c_str(), at(0.5));
    std::printf("%-58s %10.2f ms\n", (std::string(what) + ", 99 %").c_str(), at(0.99));
    std::printf("%-58s %10.2f ms\n", (std::string(what) + ", longest").c_str(), at(1));
    std::printf("%-58s %10.1f /s\n", (std::string(what) + ", rounds").c_str(),
                rounds / std::chrono::duration<double>(kMeasured).count());
    std::fflush(stdout);
}

template <typename Count>
Task<> fetch_and_process(std::uint16_t port, Count count) {
    const std::vector<int> pages(kPages);
    auto mapped = troika::map(pages, [&](int) -> Task<std::uint64_t> {
        auto fetching = troika::testing::fetch(port, "/");
        std::string text = co_await std::move(fetching);
        auto counting = count(std::move(text));
        co_return co_await std::move(counting);
    });
    const auto counts = co_await std::move(mapped);
    if (std::count(counts.begin(), counts.end(), 3001U) != kPages)
        throw std::runtime_error("the words are miscounted");
}

std::string large_document() {
    std::ostringstream text;
    text << "[0";
    for (int i = 1; text.tellp() < (20 << 20); ++i) text << ',' << i;
    text << ']';
    return text.str();
}

Task<std::uint64_t> words_on_the_loop(std::string text) { co_return words_of(text); }

Task<> measure_all(ThreadPool& threads, ProcessPool& processes, std::uint16_t port) {
    co_await processes.wait_ready();
    const auto in_workers = [&] {
        const auto count = [&](std::string text) {
            return processes.run(words_job, std::move(text));
        };
        return fetch_and_process(port, count);
    };
    co_await measure("loop lag, 20 pages fetched and counted in workers", in_workers);
    const auto on_the_loop = [&] { return fetch_and_process(port, words_on_the_loop); };
    co_await measure("loop lag, 20 pages fetched and counted on the loop", on_the_loop);
    const std::string text = large_document();
    Request request(troika::Method::post, "/");
    request.body() = troika::http::RequestBody(troika::http::Bytes(text));
    const auto size = [](const nlohmann::json& value) { return value.size(); };
    const auto off_loop = [&]() -> Task<> { co_await troika::with_json(request, size); };
    co_await measure("loop lag, 20 MB of JSON by with_json()", off_loop);
    const auto here = [&]() -> Task<> {
        size(request.json());
        co_return;
    };
    co_await measure("loop lag, 20 MB of JSON by Request::json()", here);
    co_await processes.stop(troika::StopMode::drain, 10s);
    co_await threads.stop(troika::StopMode::drain, 10s);
}

}  // namespace

int main() {
    troika::workers::Zygote::start();
    const std::uint16_t port = serve_pages();
    troika::EventLoop loop;
    ThreadPool threads(loop, {.threads = 2});
    ProcessPool processes(loop, {.processes = 2});
    loop.offer(&threads);
    loop.offer(&processes);
    loop.run(measure_all(threads, processes, port));
}

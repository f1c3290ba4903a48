#include "jobs.hpp"

#include <troika/observe/log.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/worker_context.hpp>
#include <troika/workers/remote_error.hpp>

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace jobs {

namespace {

struct Odd final : std::exception {};

const troika::workers::ErrorCodec odd_codec(
    "odd",
    [](const std::exception& error) -> std::optional<troika::workers::ErrorData> {
        if (dynamic_cast<const Odd*>(&error) == nullptr) return std::nullopt;
        return troika::workers::ErrorData{.kind = "odd"};
    },
    [](const troika::workers::ErrorData&) { throw Oddity{7}; });

}  // namespace

void be_odd() { throw Odd(); }

int add(int a, int b) { return a + b; }
std::string echo(const std::string& text) { return text; }
int own_pid() { return ::getpid(); }
void say(const std::string& text) { troika::log::debug(text); }

int write_slot(const troika::SharedArray<int>& slots, int slot, int value) {
    slots[static_cast<std::size_t>(slot)] = value;
    return ::getpid();
}

int multiply_unless_three(int a, int b) {
    if (a == 3) ::raise(SIGKILL);
    return a * b;
}

void kill_self(int signal) {
    ::kill(::getpid(), signal);
    while (true) ::pause();
}

void kill_if_positive(int signal) {
    if (signal > 0) kill_self(signal);
}

void kill_hang_or_return(int signal) {
    if (signal > 0) kill_self(signal);
    if (signal == 0) loop_forever();
}

void exit_now(int code) { std::exit(code); }
void fail(const std::string& text) { throw std::invalid_argument(text); }

void loop_forever() {
    while (::getppid() != 0) {
    }
}

void loop_then_crash() {
    while (!troika::stop_requested()) {
    }
    kill_self(SIGSEGV);
}

void loop_politely(const std::string& path) {
    std::ofstream(path) << "started" << std::flush;
    while (!troika::stop_requested()) {
    }
    std::ofstream(path) << "stopped" << std::flush;
}

int wait_for_file(const std::string& path, const std::string& release) {
    std::ofstream(path + ".new") << ::getpid() << std::flush;
    ::rename((path + ".new").c_str(), path.c_str());
    while (::access(release.c_str(), F_OK) != 0) ::poll(nullptr, 0, 1);
    return ::getpid();
}

void close_everything() {
    ::close_range(0, ~0U, 0);
    while (true) ::pause();
}

void write_garbage() {
    ::send(3, "these bytes are no frame", 24, MSG_NOSIGNAL);
    while (true) ::pause();
}

void answer_for_another() {
    using namespace troika::workers::detail;
    const auto* context = worker_context();
    send_frame(3, 0,
               {.kind = FrameKind::result,
                .generation = context->generation,
                .job_id = context->job_id + 1});
    while (true) ::pause();
}

std::string state_and_preload() {
    const auto& connection = troika::worker_state<Connection>();
    const auto& dictionary = troika::preloaded<Dictionary>();
    return connection.target + " " + std::to_string(connection.opened_in == ::getpid()) + " " +
           dictionary.words.at(1);
}

std::vector<std::int64_t> squares(const std::vector<std::int64_t>& numbers) {
    std::vector<std::int64_t> results;
    for (const std::int64_t n : numbers) results.push_back(n * n);
    return results;
}

std::string settings() { return std::string(troika::workers::worker_settings()); }

int priority() {
    return ::sched_getscheduler(0) == SCHED_BATCH ? ::getpriority(PRIO_PROCESS, 0) : -1000;
}

Stubborn::Stubborn(int size) { throw std::runtime_error("no room for " + std::to_string(size)); }

Connection connect(const std::string& target) { return {target, ::getpid()}; }
int refuse_to_start() { throw std::runtime_error("the database is down"); }

}  // namespace jobs

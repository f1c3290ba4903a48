#include "service_process.hpp"

#include "eventually.hpp"
#include "socket_client.hpp"

#include <troika/base/error.hpp>

#include <fcntl.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace troika::testing {

namespace {

std::string beside_this_test(const std::string& binary) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / binary;
}

// A pipe with no room left.
std::pair<UniqueFd, UniqueFd> full_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw_errno("make a pipe");
    const std::string filling(4096, '.');
    while (::write(ends[1], filling.data(), filling.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Our end and the service's.
std::pair<UniqueFd, UniqueFd> open_terminal() {
    int ours = -1;
    int theirs = -1;
    if (::openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) throw_errno("open a terminal");
    ::fcntl(ours, F_SETFL, O_NONBLOCK);
    ::fcntl(ours, F_SETFD, FD_CLOEXEC);
    return {UniqueFd(ours), UniqueFd(theirs)};
}

}  // namespace

std::vector<std::string> as_process_one() {
    return {"unshare", "-pf", "--kill-child", "--mount-proc"};
}

ServiceProcess::ServiceProcess(ServiceOptions options) : options_(std::move(options)) {
    const bool ordinary = options_.wrapper.empty() && !options_.terminal;
    if (ordinary && std::getenv("TROIKA_TEST_AS_PROCESS_ONE") != nullptr)
        options_.wrapper = as_process_one();
    if (options_.unread_output) std::tie(full_pipe_reader_, full_pipe_) = full_pipe();
    if (options_.terminal) std::tie(terminal_, terminal_of_service_) = open_terminal();
    // Orphans become children of this process and keep their place until it collects them.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const std::vector<std::string> command = command_line();
    session_ = ::fork();
    if (session_ < 0) throw_errno("fork the service");
    if (session_ == 0) execute(command);
    service_ = session_;
    terminal_of_service_.close();
}

ServiceProcess::~ServiceProcess() {
    for (const ProcessInfo& process : left()) ::kill(process.pid, SIGKILL);
    int status = 0;
    if (!exit_code_) ::waitpid(session_, &status, 0);
    for (const ProcessInfo& process : left()) ::waitpid(process.pid, &status, 0);
}

ServiceProcess ServiceProcess::listening(ServiceOptions options) {
    return ServiceProcess(std::move(options), true);
}

ServiceProcess::ServiceProcess(ServiceOptions options, bool) : ServiceProcess(std::move(options)) {
    wait_listening();
}

std::vector<std::string> ServiceProcess::command_line() const {
    std::vector<std::string> command = options_.wrapper;
    const bool is_path = options_.binary.find('/') != std::string::npos;
    command.push_back(is_path ? options_.binary : beside_this_test(options_.binary));
    if (!options_.only_arguments.empty()) {
        command.insert(command.end(), options_.only_arguments.begin(),
                       options_.only_arguments.end());
        return command;
    }
    command.insert(command.end(), {"--server.port", std::to_string(options_.port)});
    command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
    return command;
}

// In the child.
void ServiceProcess::execute(const std::vector<std::string>& command) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (options_.terminal) {
        ::login_tty(terminal_of_service_.get());
    } else {
        ::setsid();
        const int output = options_.unread_output
                               ? full_pipe_.get()
                               : ::open(folder_.file("output").c_str(),
                                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(output, 1);
        ::dup2(output, 2);
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(null, 0);
    }
    if (options_.descriptors > 0) {
        const std::size_t soft = options_.soft_descriptors;
        const rlimit limit{soft > 0 ? soft : options_.descriptors, options_.descriptors};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (const auto& [name, value] : options_.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    if (::chdir(folder_.path().c_str()) == 0) ::execvp(arguments[0], arguments.data());
    ::_exit(126);
}

bool ServiceProcess::exited() {
    if (exit_code_) return true;
    int status = 0;
    if (::waitpid(session_, &status, WNOHANG) != session_) return false;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

void ServiceProcess::wait_listening() {
    const std::string begin = "http://127.0.0.1:";
    wait_output(begin);
    const std::string text = output();
    port_ = static_cast<std::uint16_t>(std::stoi(text.substr(text.find(begin) + begin.size())));
    if (!options_.wrapper.empty()) find_service();
}

void ServiceProcess::find_service() {
    const std::vector<ProcessInfo> children = children_of(session_);
    if (children.empty()) throw Error("the wrapper has no child");
    service_ = children.front().pid;
}

void ServiceProcess::wait_output(const std::string& text, int times) {
    const bool seen = eventually([&] {
        const bool over = exited();
        return count_output(text) >= static_cast<std::size_t>(times) || over;
    });
    INFO("output of the service so far:\n" << output());
    INFO("waiting for: " << text);
    REQUIRE(seen);
    REQUIRE(count_output(text) >= static_cast<std::size_t>(times));
    if (is_process_one() && service_ == session_ && !exited()) find_service();
}

bool ServiceProcess::is_process_one() const { return options_.wrapper == as_process_one(); }

std::string ServiceProcess::pid_inside() const {
    return is_process_one() ? "1" : std::to_string(service_);
}

int ServiceProcess::wait_exit() {
    const bool over = eventually([&] { return exited(); });
    INFO("the service did not end; its output:\n" << output());
    REQUIRE(over);
    return *exit_code_;
}

std::string ServiceProcess::output() const {
    if (terminal_) copy_terminal();
    return read_file(folder_.file("output"));
}

void ServiceProcess::copy_terminal() const {
    std::ofstream file(folder_.file("output"), std::ios::app | std::ios::binary);
    char piece[4096];
    while (true) {
        const ssize_t n = ::read(terminal_.get(), piece, sizeof(piece));
        if (n <= 0) return;  // nothing more for now, or its last user has gone
        file.write(piece, n);
    }
}

std::size_t ServiceProcess::count_output(const std::string& text) const {
    const std::string all = output();
    std::size_t count = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
}

void ServiceProcess::signal(int number) const { ::kill(service_, number); }

void ServiceProcess::type(const std::string& keys) const {
    if (::write(terminal_.get(), keys.data(), keys.size()) < 0) throw_errno("type");
}

std::vector<ProcessInfo> ServiceProcess::left() const { return processes_in_session(session_); }

std::string ServiceProcess::left_over() const {
    std::string text;
    for (const ProcessInfo& process : left())
        text.append(process.name).append(process.zombie() ? " (zombie) " : " ");
    return text;
}

bool ServiceProcess::any_alive() const {
    const std::vector<ProcessInfo> all = left();
    return std::any_of(all.begin(), all.end(),
                       [](const ProcessInfo& process) { return !process.zombie(); });
}

std::vector<ProcessInfo> ServiceProcess::zombies() const {
    std::vector<ProcessInfo> found = left();
    std::erase_if(found, [](const ProcessInfo& process) { return !process.zombie(); });
    return found;
}

std::vector<pid_t> ServiceProcess::named(const std::string& name) const {
    std::vector<pid_t> found;
    for (const ProcessInfo& process : left())
        if (process.name == name && !process.zombie()) found.push_back(process.pid);
    return found;
}

double ServiceProcess::metric(const std::string& series) const {
    std::string text("\n");
    text += get(port_, "/metrics", "Connection: close\r\n").body;
    const std::string line = "\n" + series + " ";
    const auto at = text.find(line);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size()));
}

void ServiceProcess::wait_in_flight(int count) const {
    // One more is the question itself.
    const bool there =
        eventually([&] { return metric("troika_http_requests_in_flight") >= count + 1; });
    INFO("in flight: " << metric("troika_http_requests_in_flight"));
    REQUIRE(there);
}

Finished run_to_end(ServiceOptions options) {
    ServiceProcess service(std::move(options));
    const int exit_code = service.wait_exit();
    return {exit_code, service.output()};
}

}  // namespace troika::testing

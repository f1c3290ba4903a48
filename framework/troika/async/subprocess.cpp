#include <troika/async/subprocess.hpp>

#include <troika/async/deadline.hpp>
#include <troika/async/detail/child_process.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/use_task.hpp>
#include <troika/base/is_readable.hpp>
#include <troika/base/scope_exit.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

//   input ──► memory file ──stdin──► program ──pipes──► two reading tasks ──► Completed
//                                       │
//                                     pidfd ──► its end: read what is left, kill its group, reap
//
// The group is killed before its leader is reaped: until then its number cannot be given anew.

namespace troika {

namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

constexpr std::size_t kBytesPerTurn = 256 << 10;  // then others have theirs
constexpr std::size_t kErrorTail = 500;
constexpr auto kReapLimit = std::chrono::seconds(5);  // after SIGKILL; the kernel may be busy

// One of the program's outputs.
struct Output {
    Output(EventLoop& loop, UniqueFd fd, std::size_t limit_in)
        : pipe(loop.io(), fd.release()), limit(limit_in) {}
    Descriptor pipe;
    std::string text;
    std::size_t limit;
    bool too_long = false;
};

enum class Reading { would_block, more, ended, too_long };

// What there is, without waiting; at most about `most` bytes.
Reading read_available(Output& output, std::size_t most) {
    std::array<char, 16384> buffer;
    const std::size_t held = output.text.size();
    while (output.text.size() - held < most) {
        const ssize_t n = ::read(output.pipe.native_handle(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return Reading::would_block;
        if (n < 0) throw_errno("read a program's output");
        if (n == 0) return Reading::ended;
        const std::size_t room = output.limit - output.text.size();
        output.text.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
        output.too_long = static_cast<std::size_t>(n) > room;
        if (output.too_long) return Reading::too_long;
    }
    return Reading::more;
}

Task<> read_output(Output& output, detail::ChildProcess& child) {
    while (true) {
        co_await output.pipe.async_wait(Descriptor::wait_read, use_task);
        Reading reading = read_available(output, kBytesPerTurn);
        while (reading == Reading::more) {
            co_await sleep_for(std::chrono::nanoseconds(0));
            reading = read_available(output, kBytesPerTurn);
        }
        if (reading == Reading::too_long) child.signal_group(SIGKILL);
        if (reading != Reading::would_block) co_return;
    }
}

Task<> wait_for_end(Descriptor& watched) {
    do co_await watched.async_wait(Descriptor::wait_read, use_task);
    while (!is_readable(watched.native_handle()));
}

struct Running {
    Running(EventLoop& loop, detail::ChildProcess started, std::size_t max_output)
        : child(std::move(started)),
          output(loop, child.take_output(), max_output),
          error_output(loop, child.take_error_output(), max_output),
          end(loop.io(), ::fcntl(child.pidfd(), F_DUPFD_CLOEXEC, 3)) {}
    detail::ChildProcess child;
    Output output;
    Output error_output;
    Descriptor end;
};

Task<> read_until_end(Running& running) {
    TaskGroup group("subprocess");
    group.spawn("stdout", read_output(running.output, running.child));
    group.spawn("stderr", read_output(running.error_output, running.child));
    std::exception_ptr stopped;
    try {
        co_await wait_for_end(running.end);
    } catch (const Cancelled&) {
        stopped = std::current_exception();
    } catch (const std::exception&) {
        stopped = std::current_exception();
    }
    group.cancel(CancelReason::asked);  // a descendant of the program may keep a pipe open for ever
    co_await group.join();
    if (stopped) std::rethrow_exception(stopped);
    // What is left is what the pipes hold: 64 KB, 1 MB if the program made them larger.
    for (Output* output : {&running.output, &running.error_output})
        if (!output->too_long) read_available(*output, output->limit);
}

Task<> end_gently(Running& running, std::chrono::nanoseconds grace) {
    running.child.signal_group(SIGTERM);
    try {
        auto ending = with_timeout(grace, wait_for_end(running.end));
        co_await std::move(ending);
        co_return;
    } catch (const TimeoutError&) {
        running.child.signal_group(SIGKILL);
    }
    co_await wait_for_end(running.end);
}

// The program's standard input as a file in memory: it may read it as it likes, or not at all.
Task<UniqueFd> input_file(const std::string& input) {
    if (input.empty()) {
        UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!nothing) throw_errno("open /dev/null");
        co_return nothing;
    }
    UniqueFd file(::memfd_create("stdin", MFD_CLOEXEC));
    if (!file) throw_errno("make a file for a program's input");
    for (std::size_t at = 0; at < input.size();) {
        const std::size_t size = std::min(kBytesPerTurn, input.size() - at);
        const ssize_t n = ::write(file.get(), input.data() + at, size);
        if (n < 0) throw_errno("copy a program's input");
        at += static_cast<std::size_t>(n);
        if (at < input.size()) co_await sleep_for(std::chrono::nanoseconds(0));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    co_return file;
}

std::string last_of(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    return text.size() <= kErrorTail ? std::string(text)
                                     : "..." + std::string(text.substr(text.size() - kErrorTail));
}

std::string how_it_ended(const std::string& program, const Completed& completed) {
    std::string text = "'" + program + "' ";
    if (completed.signal != 0)
        text += std::string("was ended by SIG") + ::sigabbrev_np(completed.signal);
    else
        text += "exited with " + std::to_string(completed.exit_code);
    const std::string said = last_of(completed.error_output);
    return said.empty() ? text : text + ": " + said;
}

}  // namespace

SubprocessError::SubprocessError(const std::string& program, Completed completed)
    : Error(how_it_ended(program, completed)), completed_(std::move(completed)) {}

Task<Completed> exec(std::vector<std::string> argv, ExecOptions options) {
    if (argv.empty() || argv.front().empty()) throw Error("exec: no program is named");
    current_scope()->throw_if_cancelled();
    EventLoop& loop = current_scope()->loop();
    Task<UniqueFd> filling = input_file(options.input);
    UniqueFd input = co_await std::move(filling);
    Running running(loop, detail::ChildProcess(argv, options.env, options.cwd, std::move(input)),
                    options.max_output);
    loop.job_began();  // a virtual clock waits for it
    const ScopeExit over([&loop] { loop.job_ended(); });

    std::exception_ptr stopped;
    try {
        Task<> reading = read_until_end(running);
        if (options.timeout.count() > 0)
            reading = with_timeout(options.timeout, std::move(reading));
        co_await std::move(reading);
    } catch (const Cancelled&) {
        stopped = std::current_exception();
    } catch (const std::exception&) {
        stopped = std::current_exception();
    }
    if (stopped) {
        auto ending = shield(options.grace + kReapLimit, end_gently(running, options.grace));
        co_await std::move(ending);
        std::rethrow_exception(stopped);
    }

    Completed completed;
    running.child.reap(completed.exit_code, completed.signal);
    completed.output = std::move(running.output.text);
    completed.error_output = std::move(running.error_output.text);
    if (running.output.too_long || running.error_output.too_long)
        throw Error("'" + argv.front() + "' wrote more than " + std::to_string(options.max_output) +
                    " bytes to " + (running.output.too_long ? "stdout" : "stderr") +
                    " and was ended");
    if (options.check && !completed.ok()) throw SubprocessError(argv.front(), std::move(completed));
    co_return completed;
}

}  // namespace troika

#pragma once

#include <troika/workers/job.hpp>
#include <troika/workers/job_context.hpp>
#include <troika/workers/shared_array.hpp>

#include <cstdint>
#include <string>
#include <vector>

// Jobs, good and bad, for the tests of real worker processes.
namespace jobs {

int add(int a, int b);
std::string echo(const std::string& text);
int own_pid();
void kill_self(int signal);
void kill_if_positive(int signal);
// A signal above 0 kills, 0 hangs, below 0 all is well.
void kill_hang_or_return(int signal);
void exit_now(int code);
void fail(const std::string& text);
void loop_forever();
// Runs until it is asked to stop, then crashes.
void loop_then_crash();
// Runs until it is asked to stop, then writes "stopped" to `path`.
void loop_politely(const std::string& path);
// Writes its pid to `path`, then waits for `release` to exist.
int wait_for_file(const std::string& path, const std::string& release);
void close_everything();
void write_garbage();
void answer_for_another();
std::string state_and_preload();
std::vector<std::int64_t> squares(const std::vector<std::int64_t>& numbers);
std::string settings();
int priority();
void say(const std::string& text);  // a debug line
int write_slot(const troika::SharedArray<int>& slots, int slot, int value);
int multiply_unless_three(int a, int b);  // three kills the worker

inline const auto add_job = troika::job<"test.add">(add);
inline const auto echo_job = troika::job<"test.echo">(echo);
inline const auto own_pid_job = troika::job<"test.own_pid">(own_pid);
inline const auto kill_self_job = troika::job<"test.kill_self">(kill_self);
inline const auto kill_if_positive_job = troika::job<"test.kill_if">(kill_if_positive);
inline const auto kill_or_hang_job = troika::job<"test.kill_or_hang">(kill_hang_or_return);
inline const auto exit_job = troika::job<"test.exit">(exit_now);
// Thrown by the codec of what be_odd() throws: no std::exception.
struct Oddity {
    int number = 0;
};
void be_odd();
inline const auto be_odd_job = troika::job<"test.be_odd">(be_odd);
inline const auto fail_job = troika::job<"test.fail">(fail);
inline const auto loop_forever_job = troika::job<"test.loop_forever">(loop_forever);
inline const auto loop_then_crash_job = troika::job<"test.loop_then_crash">(loop_then_crash);
inline const auto loop_politely_job = troika::job<"test.loop_politely">(loop_politely);
inline const auto wait_for_file_job = troika::job<"test.wait_for_file">(wait_for_file);
inline const auto close_everything_job = troika::job<"test.close_everything">(close_everything);
inline const auto write_garbage_job = troika::job<"test.write_garbage">(write_garbage);
inline const auto answer_for_another_job = troika::job<"test.answer">(answer_for_another);
inline const auto state_job = troika::job<"test.state">(state_and_preload);
inline const auto squares_job = troika::job<"test.squares">(squares);
inline const auto settings_job = troika::job<"test.settings">(settings);
inline const auto priority_job = troika::job<"test.priority">(priority);
inline const auto write_slot_job = troika::job<"test.write_slot">(write_slot);
inline const auto multiply_job = troika::job<"test.multiply">(multiply_unless_three);
inline const auto say_job = troika::job<"test.say">(say);

struct Dictionary {
    explicit Dictionary(std::vector<std::string> words) : words(std::move(words)) {}
    std::vector<std::string> words;
};

struct Stubborn {
    explicit Stubborn(int size);
};

struct Connection {
    std::string target;
    int opened_in = 0;
};
Connection connect(const std::string& target);
int refuse_to_start();

}  // namespace jobs

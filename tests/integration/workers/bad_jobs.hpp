#pragma once

#include <troika/workers/job.hpp>

#include <cstdint>
#include <string>

// Jobs that take too much, print, or harm the process they run in.
namespace jobs {

// Fills that many megabytes and gives them back; the sum of some of them.
std::int64_t use_memory(int megabytes);
// Keeps that many megabytes for good.
int keep_memory(int megabytes);
void use_memory_without_end();
// How many files could be opened at once, of at most `wanted`.
int open_files(int wanted);
void print(const std::string& out, const std::string& error);
void print_many(int lines);
void print_and_abort(const std::string& text);
// One line, then waits for `release` to exist.
void print_and_wait(const std::string& text, const std::string& release);

// What a worker that lost its mind might send to its server.
enum class Nonsense : std::uint8_t {
    short_frame,
    wrong_magic,
    wrong_length,
    above_the_cap,
    other_generation,
    other_job,
    servers_frame,
    unsealed_file,
    missing_file,
    many_descriptors,
    oversized,
    closes_channel,
    every_descriptor,
    last,  // nothing at all: the job returns
};
void send_nonsense(int which);
// Leaves a child behind that waits for ever; its pid.
int leave_child();
// A child that returns from the job as if it were the worker; the worker waits for its end.
int return_twice();
// Logs in a child that has just opened a socket pair: what came out of it, and how the child ended.
std::string log_in_child();
// A whole answer with its own id, and then the true one.
int answer_twice();
// 0: garbage into the channel, 1: closes it, and a SIGTERM to itself; then, as with 2, it returns.
int spoil_and_leave(int how);

inline const auto use_memory_job = troika::job<"bad.use_memory">(use_memory);
inline const auto keep_memory_job = troika::job<"bad.keep_memory">(keep_memory);
inline const auto endless_memory_job = troika::job<"bad.endless_memory">(use_memory_without_end);
inline const auto open_files_job = troika::job<"bad.open_files">(open_files);
inline const auto print_job = troika::job<"bad.print">(print);
inline const auto print_many_job = troika::job<"bad.print_many">(print_many);
inline const auto print_and_abort_job = troika::job<"bad.print_and_abort">(print_and_abort);
inline const auto print_and_wait_job = troika::job<"bad.print_and_wait">(print_and_wait);
inline const auto nonsense_job = troika::job<"bad.nonsense">(send_nonsense);
inline const auto leave_child_job = troika::job<"bad.leave_child">(leave_child);
inline const auto log_in_child_job = troika::job<"bad.log_in_child">(log_in_child);
inline const auto return_twice_job = troika::job<"bad.return_twice">(return_twice);
inline const auto spoil_and_leave_job = troika::job<"bad.spoil_and_leave">(spoil_and_leave);
inline const auto answer_twice_job = troika::job<"bad.answer_twice">(answer_twice);

}  // namespace jobs

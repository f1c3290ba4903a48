#pragma once

#include <troika/base/error.hpp>

#include <sys/types.h>

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace troika::workers {

// An exception as data: how it crosses the process border.
struct ErrorData {
    std::string kind = "exception";  // "exception", "unknown", or the name of an ErrorCodec
    std::string type{};              // the C++ type, readable
    std::string text{};              // what()
    bool retry_safe = false;         // the job had no effect that a second run would repeat
    std::string detail{};            // the codec's own bytes
};

// A job threw in its worker process; the worker is fine.
class RemoteError final : public Error {
  public:
    RemoteError(std::string_view job, ErrorData data);
    const std::string& job() const noexcept { return job_; }
    const std::string& kind() const noexcept { return data_.kind; }
    const std::string& type() const noexcept { return data_.type; }
    const std::string& text() const noexcept { return data_.text; }
    bool retry_safe() const noexcept { return data_.retry_safe; }

  private:
    std::string job_;
    ErrorData data_;
};

// A worker process ended, or had to be ended, in the middle of a job. Never safe to retry: a job
// that kills its worker would kill worker after worker.
class WorkerDied final : public Error {
  public:
    struct Report {
        std::string job;
        pid_t pid = -1;
        int signal = 0;      // 0: it exited
        int exit_code = -1;  // -1: a signal ended it
        std::string reason;  // "SIGKILL: perhaps out of memory"
        std::string usage;   // "user 0.52 s, system 0.01 s, peak memory 31 MB"
    };
    explicit WorkerDied(Report report);
    const Report& report() const noexcept { return report_; }
    int signal() const noexcept { return report_.signal; }
    pid_t pid() const noexcept { return report_.pid; }

  private:
    Report report_;
};

// The exception being handled, as data: call these inside its catch block.
ErrorData describe(const std::exception& error);
ErrorData describe_unknown();
// Rebuilds it: a codec's own type, else RemoteError.
[[noreturn]] void rethrow_remote(std::string_view job, ErrorData data);

// Lets a layer above send its own exception type across: encode() runs in the worker and returns
// nothing for a type that is not its own; rethrow() runs in the awaiting coroutine and must throw.
// Made at static initialisation, one per kind: `inline const ErrorCodec http_error{"http", ...};`
class ErrorCodec final {
  public:
    using Encode = std::optional<ErrorData> (*)(const std::exception&);
    using Rethrow = void (*)(const ErrorData&);

    ErrorCodec(std::string_view kind, Encode encode, Rethrow rethrow);
    ~ErrorCodec();
    ErrorCodec(const ErrorCodec&) = delete;
    ErrorCodec& operator=(const ErrorCodec&) = delete;

  private:
    friend ErrorData describe(const std::exception& error);
    friend void rethrow_remote(std::string_view job, ErrorData data);

    std::string_view kind_;
    Encode encode_;
    Rethrow rethrow_;
    ErrorCodec* next_;
};

std::string encode_error(const ErrorData& data);
// DecodeError-free: bytes that are no ErrorData give a kind "unknown" that says so.
ErrorData decode_error(std::string_view bytes);

// "SIGSEGV"; "signal 63" for one without a name.
std::string signal_name(int signal);

}  // namespace troika::workers

namespace troika {
using workers::RemoteError;
using workers::WorkerDied;
}  // namespace troika

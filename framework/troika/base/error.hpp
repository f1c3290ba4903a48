#pragma once

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// The family. Leaves live with their owner; what is common to several layers is here.
//
//   std::exception
//   └── Error            the operation cannot go on; what() is for the log, never for a client
//       ├── IoError          the kernel said no: code(), and what we were doing
//       ├── TimeoutError     a deadline of ours passed
//       ├── Overloaded       refused for now: cause(), retry_after()
//       ├── Stopped          the thing asked is stopping or has stopped
//       ├── DecodeError      data/     bytes that are not what they should be, with their path
//       ├── ConfigError      config/   a setting that is unknown, mistyped or unusable
//       ├── GroupError       async/    several tasks failed; carries every exception
//       ├── TaskCancelled    async/    the task whose result was asked for had been cancelled
//       ├── SubprocessError  async/    a program did not exit with 0; carries its output
//       ├── RemoteError      workers/  a job threw in its worker process
//       ├── WorkerDied       workers/  a worker process ended in the middle of a job
//       └── HttpError        http/     has a status and a text meant for the client
//   Cancelled            async/     deliberately no std::exception: nobody swallows it by accident
namespace troika {

class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// what() reads "<what we were doing>: <the system's words>".
class IoError : public Error {
  public:
    IoError(boost::system::error_code code, std::string_view doing);
    const boost::system::error_code& code() const noexcept { return code_; }

  private:
    boost::system::error_code code_;
};

class TimeoutError : public Error {
  public:
    using Error::Error;
};

class Overloaded : public Error {
  public:
    enum class Cause : std::uint8_t {
        queue_full,
        waited_too_long,
        suspended,  // it failed again and again, and is left alone for a while
        no_worker   // nobody is left who could do it
    };

    Overloaded(const std::string& what, std::chrono::seconds retry_after,
               Cause cause = Cause::queue_full)
        : Error(what), retry_after_(retry_after), cause_(cause) {}
    std::chrono::seconds retry_after() const noexcept { return retry_after_; }
    Cause cause() const noexcept { return cause_; }

  private:
    std::chrono::seconds retry_after_;
    Cause cause_;
};

class Stopped : public Error {
  public:
    using Error::Error;
};

// Throws IoError with the calling thread's errno: `if (fd < 0) throw_errno("open /etc/hosts");`
[[noreturn]] void throw_errno(std::string_view doing);

}  // namespace troika

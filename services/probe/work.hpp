#pragma once

#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// The handlers of probe that run in a worker process.
namespace probe {

inline constexpr std::uint64_t kMostMilliseconds = 60'000;  // of /block, /burn and /events

// GET /burn/{milliseconds}: so much processor time, so that work on N cores is N times that on one.
troika::Response burn(const troika::Request& request);

// GET /throw: throws.
troika::Response throw_error(const troika::Request& request);

// GET /crash/{signal}: raises it. 400 for one that does not end a worker; 200 for SIGTERM, which lets
// the job finish first.
troika::Response crash(const troika::Request& request);

// The number of "SIGSEGV", "segv" or "11"; 0 when it is none.
int signal_number(std::string_view text);

// Why /crash does not raise this signal: it would stop its worker or leave it as it is. Empty: it does.
std::string why_refused(int signal);

}  // namespace probe

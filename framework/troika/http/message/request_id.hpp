#pragma once

#include <cstdint>
#include <string>

namespace troika::http {

// Makes request ids: 16 hex digits drawn once for the source, a dash, and a running number. Unique
// across processes as far as 64 random bits are, ordered within one.
class RequestIdSource final {
  public:
    RequestIdSource();
    std::string next();

  private:
    std::uint64_t prefix_ = 0;
    std::uint64_t made_ = 0;
};

}  // namespace troika::http

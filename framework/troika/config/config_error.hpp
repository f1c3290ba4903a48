#pragma once

#include <troika/base/error.hpp>

#include <string>
#include <vector>

namespace troika::config {

// One thing that is wrong, as a sentence that begins with where it is:
// `config/probe.json:12: server.prot: unknown setting; the nearest is server.port`.
struct Problem {
    std::string source;  // file:line, environment variable or flag
    std::string path;    // the setting, empty if the source as a whole is wrong
    std::string text;

    std::string sentence() const;
};

// Everything that is wrong at once, one problem a line in what().
class ConfigError : public Error {
  public:
    explicit ConfigError(std::vector<Problem> problems);
    const std::vector<Problem>& problems() const noexcept { return problems_; }

  private:
    std::vector<Problem> problems_;
};

}  // namespace troika::config

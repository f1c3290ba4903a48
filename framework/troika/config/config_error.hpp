#pragma once

#include <troika/base/error.hpp>

#include <string>
#include <vector>

namespace troika::config {

// One thing that is wrong, as a sentence that begins with where it is, then names the setting (once:
// a flag is its setting's name), what was expected and what was found:
//
//   config/probe.json:12: server.prot: unknown setting; the nearest is server.port
//   TROIKA_SERVER__PORT: server.port: expected an integer from 0 to 65535, found the text "many"
//   --server.port: expected an integer from 0 to 65535, found the number 70000
struct Problem {
    std::string source;  // file:line, file:line:column, environment variable or flag
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

#pragma once

#include <filesystem>
#include <string>

namespace troika::testing {

// A folder of its own that goes with it.
class TemporaryFolder final {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string file(const std::string& name) const { return path_ / name; }
    // Makes a file (empty: a gate opens) and returns its path.
    std::string write(const std::string& name, const std::string& text = "") const;

  private:
    std::filesystem::path path_;
};

// Empty when it is not there.
std::string read_file(const std::string& path);

}  // namespace troika::testing

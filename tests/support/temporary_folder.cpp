#include "temporary_folder.hpp"

#include <troika/base/error.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace troika::testing {

TemporaryFolder::TemporaryFolder() {
    char pattern[] = "/tmp/troika-test-XXXXXX";
    if (::mkdtemp(pattern) == nullptr) throw_errno("make a temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
    // Renamed into place, so that nobody sees half of it.
    const std::string path = file(name);
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
}

std::string read_file(const std::string& path) {
    // Through rdbuf(), which gives up quietly when a /proc file vanishes while it is read.
    const std::ifstream input(path, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    return text.str();
}

}  // namespace troika::testing

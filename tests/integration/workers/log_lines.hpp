#pragma once

#include <troika/observe/log.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace troika::testing {

// The log lines of its lifetime, as "level message key=value ...".
class LogLines final {
  public:
    LogLines() {
        log::set_sink([this](const log::Record& record) {
            static constexpr const char* kLevels[] = {"trace", "debug",    "info", "warning",
                                                      "error", "critical", "off"};
            std::ostringstream line;
            line << kLevels[static_cast<std::size_t>(record.level)] << ' ' << record.message;
            for (const log::Field& field : record.fields) {
                line << ' ' << field.key << '=';
                const auto& any = field.value.any();
                if (const auto* words = std::get_if<std::string_view>(&any)) line << *words;
                if (const auto* number = std::get_if<std::int64_t>(&any)) line << *number;
                if (const auto* number = std::get_if<std::uint64_t>(&any)) line << *number;
            }
            const std::lock_guard lock(mutex_);
            lines_.push_back(line.str());
        });
    }
    ~LogLines() { log::set_sink({}); }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;

    std::ptrdiff_t count(const std::string& part) const {
        const std::lock_guard lock(mutex_);
        return std::count_if(lines_.begin(), lines_.end(), [&part](const std::string& line) {
            return line.find(part) != std::string::npos;
        });
    }

    std::size_t longest() const {
        const std::lock_guard lock(mutex_);
        std::size_t longest = 0;
        for (const std::string& line : lines_) longest = std::max(longest, line.size());
        return longest;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace troika::testing

#pragma once

#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/running.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/zygote.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What the tests of app/ share.
namespace app_checks {

// The log lines of its lifetime, as "message key=value ...".
class LogLines final {
  public:
    LogLines() {
        troika::log::set_sink([this](const troika::log::Record& record) {
            std::ostringstream line;
            line << record.message;
            for (const troika::log::Field& field : record.fields) {
                line << ' ' << field.key << '=';
                write(line, field.value);
            }
            const std::lock_guard lock(mutex_);
            lines_.push_back(line.str());
        });
    }
    ~LogLines() { troika::log::set_sink({}); }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;

    bool has(const std::string& part) const {
        const std::lock_guard lock(mutex_);
        for (const std::string& line : lines_)
            if (line.find(part) != std::string::npos) return true;
        return false;
    }

  private:
    static void write(std::ostream& out, const troika::log::Value& value) {
        if (const auto* words = std::get_if<std::string_view>(&value.any())) out << *words;
        if (const auto* number = std::get_if<std::int64_t>(&value.any())) out << *number;
        if (const auto* number = std::get_if<std::uint64_t>(&value.any())) out << *number;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

// An app in motion, stopped at the end of its scope at the latest.
class InMotion final {
  public:
    explicit InMotion(troika::App& app)
        : running(app, loop, troika::workers::Zygote::process_wide()) {}
    ~InMotion() { stop(); }
    InMotion(const InMotion&) = delete;
    InMotion& operator=(const InMotion&) = delete;

    void start() { loop.run(running.start()); }
    void stop() {
        if (std::exchange(stopped_, true)) return;
        loop.run(running.stop(troika::detail::Running::Pending::give_up, std::chrono::seconds(5)));
    }

    troika::EventLoop loop;
    troika::detail::Running running;

  private:
    bool stopped_ = false;
};

// What `call` throws, as text; empty when it throws nothing.
template <typename F>
std::string error_of(F call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

}  // namespace app_checks

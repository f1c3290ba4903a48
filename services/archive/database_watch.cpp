#include "database_watch.hpp"

#include <troika/observe/log.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace archive {

void DatabaseWatch::begin() {
    const std::lock_guard one_looks(looking_);
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0) troika::throw_errno("look at " + file_.native());
    file_identity_ = {status.st_dev, status.st_ino};
    log_identity_.reset();
    watching_ = true;
}

void DatabaseWatch::end() {
    const std::lock_guard one_looks(looking_);
    watching_ = false;
}

std::string DatabaseWatch::difference(const std::filesystem::path& path, const Identity& expected) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return errno == ENOENT ? "it was deleted or moved away"
                               : std::system_category().message(errno);
    if (Identity{status.st_dev, status.st_ino} != expected)
        return "another file was put in its place";
    return {};
}

std::string DatabaseWatch::look() {
    std::string found = difference(file_, file_identity_);
    if (!found.empty()) return found;
    if (log_identity_) {
        found = difference(log_, *log_identity_);
        return found.empty() ? found : "its log " + log_.native() + ": " + found;
    }
    struct stat status{};
    if (::stat(log_.c_str(), &status) == 0) log_identity_ = {status.st_dev, status.st_ino};
    return {};
}

void DatabaseWatch::check() {
    const std::lock_guard one_looks(looking_);
    if (!watching_) return;
    const std::string found = look();
    std::string before;
    {
        const std::lock_guard lock(mutex_);
        before = std::exchange(lost_, found);
    }
    if (before.empty() && !found.empty())
        troika::log::critical(
            "the database is lost: nothing is served until it is back in its place, or the service "
            "is restarted with what is there now",
            {{"file", file_.native()}, {"reason", found}});
    if (!before.empty() && found.empty())
        troika::log::info("the database is back", {{"file", file_.native()}});
    if (!found.empty()) throw DatabaseLost("the database " + file_.native() + " is lost: " + found);
}

std::optional<std::string> DatabaseWatch::lost() const {
    const std::lock_guard lock(mutex_);
    if (lost_.empty()) return std::nullopt;
    return "the database " + file_.native() + " is lost: " + lost_;
}

}  // namespace archive

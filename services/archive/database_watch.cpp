#include "database_watch.hpp"

#include <troika/observe/log.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace archive {

void DatabaseWatch::begin() {
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0) troika::throw_errno("look at " + file_.native());
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

std::string DatabaseWatch::look() const {
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0)
        return errno == ENOENT ? "it was deleted or moved away"
                               : std::system_category().message(errno);
    if (status.st_dev != device_ || status.st_ino != inode_)
        return "another file was put in its place";
    return {};
}

void DatabaseWatch::check() {
    const std::lock_guard one_looks(looking_);
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

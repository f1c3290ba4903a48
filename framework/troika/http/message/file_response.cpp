#include <troika/base/error.hpp>
#include <troika/http/message/conditional.hpp>
#include <troika/http/message/file_response.hpp>
#include <troika/http/message/http_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>

namespace troika::http {

namespace {

HttpError not_there() { return {Status::not_found, "there is no such file"}; }

struct OpenFile {
    UniqueFd fd;
    struct stat status{};
};

// Not blocking: opening a FIFO would wait for a writer.
OpenFile open_file(const std::string& path) {
    OpenFile file;
    file.fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.fd) {
        const int code = errno;
        if (code == ENOENT || code == ENOTDIR || code == EACCES || code == ENAMETOOLONG ||
            code == ELOOP || code == ENXIO)
            throw not_there();
        throw_errno("open " + path);
    }
    if (::fstat(file.fd.get(), &file.status) != 0) throw_errno("look at " + path);
    if (!S_ISREG(file.status.st_mode)) throw not_there();
    return file;
}

// A second write within a tick of the file system's clock leaves the same time behind, and ticks are up to a
// second long. The tag of a file so young is weak (RFC 9110 8.8.1): nobody joins parts by it.
bool may_change_unseen(const timespec& modified) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto then =
        std::chrono::seconds(modified.tv_sec) + std::chrono::nanoseconds(modified.tv_nsec);
    return now < then + std::chrono::seconds(1);
}

Validators validators_of(const struct stat& status) {
    constexpr std::size_t kRoom = 80;
    std::array<char, kRoom> text{};
    std::snprintf(text.data(), text.size(), "%llx-%llx-%llx.%lx",
                  static_cast<unsigned long long>(status.st_ino),
                  static_cast<unsigned long long>(status.st_size),
                  static_cast<unsigned long long>(status.st_mtim.tv_sec),
                  static_cast<unsigned long>(status.st_mtim.tv_nsec));
    const char* const strength = may_change_unseen(status.st_mtim) ? "W/" : "";
    return {strength + make_etag(text.data()),
            std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec))};
}

}  // namespace

Response file_response(const Request& request, const std::string& path,
                       std::string_view content_type) {
    OpenFile file = open_file(path);
    const Validators validators = validators_of(file.status);
    if (auto instead = precondition(request, validators)) return std::move(*instead);
    const auto size = static_cast<std::uint64_t>(file.status.st_size);
    const WantedRange wanted = wanted_range(request, size, validators);
    if (wanted.kind == RangeKind::unsatisfiable) {
        throw HttpError(Status::range_not_satisfiable,
                        "the file has " + std::to_string(size) + " bytes")
            .with_header("content-range", "bytes */" + std::to_string(size));
    }
    const bool part = wanted.kind == RangeKind::part;
    Response response = with_validators(
        Response::file({std::move(file.fd), wanted.range.offset, wanted.range.length}, content_type,
                       part ? Status::partial_content : Status::ok),
        validators);
    response.headers().add("accept-ranges", "bytes");
    if (part) {
        const std::uint64_t last = wanted.range.offset + wanted.range.length - 1;
        response.headers().add("content-range", "bytes " + std::to_string(wanted.range.offset) +
                                                    "-" + std::to_string(last) + "/" +
                                                    std::to_string(size));
    }
    return response;
}

}  // namespace troika::http

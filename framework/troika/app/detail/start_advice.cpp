#include <troika/app/detail/process_limits.hpp>
#include <troika/app/detail/start_advice.hpp>
#include <troika/base/error.hpp>

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <system_error>

namespace troika::detail {

namespace {

// The kernel's number in an error of ours, of Asio's or of the standard library's; 0: none.
int number_of(const std::exception& error) {
    if (const auto* const ours = dynamic_cast<const IoError*>(&error)) return ours->code().value();
    if (const auto* const theirs = dynamic_cast<const boost::system::system_error*>(&error))
        return theirs->code().value();
    if (const auto* const standard = dynamic_cast<const std::system_error*>(&error))
        return standard->code().value();
    return 0;
}

}  // namespace

std::string start_advice(const std::exception& error) {
    const bool listening = std::string_view(error.what()).starts_with("listen on ");
    switch (number_of(error)) {
        case EADDRINUSE:
            return ": end the process that has it, or choose another port with --server.port (0 "
                   "takes "
                   "a free one)";
        case EADDRNOTAVAIL:
            return ": no interface of this machine has this address; set --server.address to one "
                   "that "
                   "`ip address` shows, or to 0.0.0.0 for all";
        case EACCES:
        case EPERM:
            if (!listening) return "";
            return ": ports below 1024 are for root; choose another with --server.port, or give "
                   "the "
                   "program the capability cap_net_bind_service";
        case EMFILE: return kMoreDescriptors;
        case ENFILE: return ": the whole machine is out of file descriptors (sysctl fs.file-max)";
        case EAGAIN:
            return ": raise the limit of processes and threads (ulimit -u, TasksMax= of systemd, "
                   "--pids-limit of docker)";
        default: return "";
    }
}

}  // namespace troika::detail

#include "outside.hpp"

#include "shell.hpp"

#include <catch2/catch.hpp>

namespace troika::testing {

bool is_here(const std::string& program) {
    const bool here =
        output_of("PATH=$PATH:/usr/sbin; command -v " + program + " || true").size() > 1;
    if (!here) WARN("skipped: " << program << " is not installed");
    return here;
}

ServiceProcess start_probe() { return ServiceProcess::listening({.binary = PROBE_BINARY}); }
ServiceProcess start_archive() { return ServiceProcess::listening({.binary = ARCHIVE_BINARY}); }

std::string origin(const ServiceProcess& service) {
    return "http://127.0.0.1:" + std::to_string(service.port());
}

std::string run(const ServiceProcess& service, const std::string& script) {
    const std::string file = service.folder().write("script.sh", script);
    return output_of("cd " + service.folder().path().string() + " && URL=" + origin(service) +
                     " sh -e " + file + " 2>&1");
}

}  // namespace troika::testing

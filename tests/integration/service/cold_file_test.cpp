#include "service_process.hpp"
#include "socket_client.hpp"

#include <troika/base/unique_fd.hpp>
#include <troika/http/server/file_reading.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace troika::testing;

namespace {

constexpr std::size_t kFileSize = std::size_t{3} << 20;

// Drops the file from memory.
void make_cold(const std::string& path) {
    const troika::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    REQUIRE(::fdatasync(file.get()) == 0);
    REQUIRE(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
}

// Asking makes the kernel read ahead: what was asked about is not cold for long.
bool is_cold(const std::string& path) {
    const troika::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 64 * 1024> scratch;
    return troika::http::bytes_in_memory({file.get(), 0, kFileSize}, scratch) == 0;
}

double jobs_of_threads(const ServiceProcess& service) {
    return service.metric("troika_pool_jobs_total{outcome=\"finished\",pool=\"threads\"}");
}

}  // namespace

TEST_CASE("a file on the disk alone is read by the pool of threads, one in memory by nobody") {
    const ServiceProcess service = ServiceProcess::listening();
    std::string content(kFileSize, 'a');
    for (std::size_t i = 0; i < content.size(); i += 4096)
        content[i] = static_cast<char>('b' + i % 7);
    const std::string path = service.folder().write("cold", content);
    const std::string target = "/file?path=" + path;
    REQUIRE(get(service.port(), target).body == content);
    CHECK(jobs_of_threads(service) == 0);
    const std::string other = service.folder().write("other", content);
    make_cold(other);
    if (!is_cold(other)) {
        WARN("skipped: the file system of " << service.folder().path() << " keeps its pages");
        return;
    }
    make_cold(path);
    REQUIRE(get(service.port(), target).body == content);
    const double jobs = jobs_of_threads(service);
    CHECK(jobs >= 1);
    REQUIRE(get(service.port(), target).body == content);
    CHECK(jobs_of_threads(service) == jobs);
}

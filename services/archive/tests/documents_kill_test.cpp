#include <archive/documents.hpp>
#include <archive/sqlite/connection.hpp>

#include "temporary_folder.hpp"

#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <limits>
#include <string>

using archive::DocumentInfo;
using archive::Documents;
using archive::DocumentsOptions;
using archive::sqlite::Connection;
using troika::testing::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSize = 2 << 20;

std::string content_of(int number) { return std::string(kSize, static_cast<char>('a' + number)); }

// Stores documents for ever and writes one byte for each that add() returned.
[[noreturn]] void store_until_killed(const std::filesystem::path& folder, int acknowledgements) {
    Documents documents{DocumentsOptions{.folder = folder}};
    documents.start();
    for (int number = 0;; ++number) {
        documents.add("text/plain", content_of(number % 26));
        if (::write(acknowledgements, "x", 1) != 1) ::_exit(1);
    }
}

}  // namespace

TEST_CASE("what was acknowledged before a kill in the middle of an insert is there, whole") {
    const TemporaryFolder folder;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    troika::UniqueFd reading(ends[0]);
    troika::UniqueFd writing(ends[1]);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) store_until_killed(folder.path(), writing.get());
    writing.close();

    const std::size_t wanted = 5;
    std::size_t acknowledged = 0;
    char byte = 0;
    while (acknowledged < wanted && ::read(reading.get(), &byte, 1) == 1) ++acknowledged;
    REQUIRE(acknowledged == wanted);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(reading.get(), &byte, 1) == 1) ++acknowledged;

    Documents documents{DocumentsOptions{.folder = folder.path()}};
    documents.start();
    const auto all = documents.newest(1000, std::numeric_limits<std::int64_t>::max());
    // One more may have been committed between its commit and its byte.
    CHECK(all.size() >= acknowledged);
    CHECK(all.size() <= acknowledged + 1);
    int number = static_cast<int>(all.size());
    for (const DocumentInfo& info : all) {
        --number;
        CHECK((documents.find(info.id)->content == content_of(number % 26)));
    }
    CHECK(Connection(documents.file(), 1s).text("PRAGMA integrity_check") == "ok");
}

#include <archive/documents.hpp>

#include "temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

using archive::Document;
using archive::DocumentInfo;
using archive::Documents;
using archive::DocumentsOptions;
using troika::testing::TemporaryFolder;

namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 15;

// Adds documents, removes every third, and reads its own and what others list. Returns the number
// of surprises.
int work(Documents& documents, int thread) {
    int surprises = 0;
    for (int round = 0; round < kRounds; ++round) {
        const std::string content =
            std::to_string(thread) + std::string(static_cast<std::size_t>(round) * 1000, 'x');
        const DocumentInfo info = documents.add("text/plain", content);
        const std::optional<Document> found = documents.find(info.id);
        if (!found || found->content != content) ++surprises;
        for (const DocumentInfo& listed :
             documents.newest(5, std::numeric_limits<std::int64_t>::max())) {
            const std::optional<Document> other = documents.find(listed.id);
            if (other && static_cast<std::int64_t>(other->content.size()) != listed.size)
                ++surprises;
        }
        if (round % 3 == 0 && !documents.remove(info.id)) ++surprises;
    }
    return surprises;
}

}  // namespace

TEST_CASE("eight threads add, find, list and remove at once and each sees its own") {
    const TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path()}};
    documents.start();
    std::atomic<int> surprises = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            try {
                surprises += work(documents, thread);
            } catch (const std::exception& error) {
                surprises += 1000;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(surprises == 0);
    const auto left = documents.newest(1000, std::numeric_limits<std::int64_t>::max());
    CHECK(left.size() == kThreads * (kRounds - kRounds / 3));
    std::set<std::int64_t> ids;
    for (const DocumentInfo& info : left) ids.insert(info.id);
    CHECK(ids.size() == left.size());
}

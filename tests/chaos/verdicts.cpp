#include "verdicts.hpp"

#include <cstdio>

namespace chaos {

std::uint64_t Verdicts::total() const {
    std::uint64_t sum = wrong_;
    for (const auto& [kind, outcomes] : counts_) sum += total(kind);
    return sum;
}

std::uint64_t Verdicts::total(const std::string& kind) const {
    const auto found = counts_.find(kind);
    std::uint64_t sum = 0;
    if (found == counts_.end()) return sum;
    for (const auto& [outcome, count] : found->second) sum += count;
    return sum;
}

void Verdicts::print() const {
    for (const auto& [kind, outcomes] : counts_) {
        std::printf("  %-16s", kind.c_str());
        for (const auto& [outcome, count] : outcomes) {
            std::printf(" %s: %llu ", outcome.c_str(), static_cast<unsigned long long>(count));
        }
        std::printf("\n");
    }
    for (const std::string& example : examples_) std::printf("WRONG: %s\n", example.c_str());
    std::fflush(stdout);
}

}  // namespace chaos

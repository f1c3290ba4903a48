#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chaos {

// What each call ended in, by kind of job, and what was not right.
class Verdicts final {
  public:
    void right(const std::string& kind, const std::string& outcome) { ++counts_[kind][outcome]; }
    // An innocent job died because its worker was killed from outside.
    void sabotaged(const std::string& kind) {
        ++sabotaged_;
        ++counts_[kind]["killed from outside"];
    }
    void wrong(std::string what) {
        ++wrong_;
        if (examples_.size() < 20) examples_.push_back(std::move(what));
    }

    std::uint64_t sabotaged() const noexcept { return sabotaged_; }
    std::uint64_t wrong() const noexcept { return wrong_; }
    std::uint64_t total() const;
    std::uint64_t total(const std::string& kind) const;  // without the wrong ones
    void print() const;

  private:
    std::map<std::string, std::map<std::string, std::uint64_t>> counts_;
    std::vector<std::string> examples_;
    std::uint64_t sabotaged_ = 0;
    std::uint64_t wrong_ = 0;
};

}  // namespace chaos

#include "statistics.hpp"

#include "utf8.hpp"

#include <troika/base/error.hpp>
#include <troika/workers/job_context.hpp>

#include <clocale>
#include <cwctype>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

namespace archive {

namespace {

constexpr std::size_t kFrequentWords = 20;
constexpr std::size_t kLookEvery = 1 << 16;  // bytes between two looks at stop_requested()

// The letters of Unicode as the C library knows them: the same tables grep and sed use.
class Alphabet final {
  public:
    Alphabet() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_ == nullptr)
            throw troika::Error("this system has no locale C.UTF-8 (package libc-bin)");
    }
    Alphabet(const Alphabet&) = delete;
    Alphabet& operator=(const Alphabet&) = delete;
    ~Alphabet() { ::freelocale(locale_); }

    bool in_word(char32_t c) const noexcept {
        return ::iswalnum_l(static_cast<wint_t>(c), locale_) != 0;
    }
    char32_t lower(char32_t c) const noexcept {
        return static_cast<char32_t>(::towlower_l(static_cast<wint_t>(c), locale_));
    }

  private:
    locale_t locale_;
};

class Counter final {
  public:
    void add(const CodePoint& point) {
        if (point.value == U'\n') ++result_.lines;
        if (alphabet_.in_word(point.value))
            append_utf8(word_, alphabet_.lower(point.value));
        else
            end_word();
    }
    void add_invalid_byte() {
        ++result_.invalid_bytes;
        end_word();
    }
    Statistics finish() &&;

  private:
    void end_word();

    Alphabet alphabet_;
    Statistics result_;
    std::string word_;
    std::unordered_map<std::string, std::int64_t> counts_;
};

void Counter::end_word() {
    if (word_.empty()) return;
    ++result_.words;
    ++counts_.try_emplace(word_, 0).first->second;
    word_.clear();
}

Statistics Counter::finish() && {
    end_word();
    result_.distinct_words = static_cast<std::int64_t>(counts_.size());
    std::vector<std::pair<std::string_view, std::int64_t>> all(counts_.begin(), counts_.end());
    const std::size_t shown = std::min(all.size(), kFrequentWords);
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                      [](const auto& a, const auto& b) {
                          return a.second != b.second ? a.second > b.second : a.first < b.first;
                      });
    for (const auto& [word, count] : std::span(all).first(shown))
        result_.frequent_words.push_back({std::string(word), count});
    return std::move(result_);
}

}  // namespace

Statistics statistics(std::string_view text) {
    Counter counter;
    std::size_t next_look = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (at >= next_look) {
            if (troika::stop_requested())
                throw troika::Stopped("the statistics were asked to stop");
            next_look = at + kLookEvery;
        }
        const CodePoint point = first_code_point(text.substr(at));
        if (point.length == 0)
            counter.add_invalid_byte();
        else
            counter.add(point);
        at += std::max<std::size_t>(point.length, 1);
    }
    return std::move(counter).finish();
}

}  // namespace archive

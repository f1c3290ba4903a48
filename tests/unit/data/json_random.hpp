#pragma once

#include "json.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <random>

namespace samples {

// Values of every kind, nested, with what is hard in texts and numbers more often than chance would.
class RandomJson {
  public:
    explicit RandomJson(std::uint64_t seed) : random_(seed) {}

    nlohmann::json value(int depth = 5) {
        switch (below(depth > 0 ? 10 : 7)) {
            case 0: return nullptr;
            case 1: return below(2) == 0;
            case 2: return random_() >> below(64);
            case 3: return -static_cast<std::int64_t>(random_() >> (1 + below(63)));
            case 4: return real();
            case 5:
            case 6: return text();
            case 7:
            case 8: return object(depth);
            default: return array(depth);
        }
    }
    double real() {
        switch (below(4)) {
            case 0: {
                const double any = std::bit_cast<double>(random_());
                return std::isfinite(any) ? any : 0.0;
            }
            case 1: return static_cast<double>(random_() >> below(64));
            case 2:
                return (below(2) == 0 ? -1 : 1) * static_cast<double>(below(100'000'000)) /
                       std::pow(10, below(6));
            default: return static_cast<double>(random_() >> 40) * std::pow(10, below(60) - 30);
        }
    }
    std::string text() {
        static constexpr std::array<const char*, 16> kPieces{
            "\"",          "\\",   "\n", "\x01",     "\x7f",         "a",
            " ",           "/",    "e9", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\xb9",
            "plain words", "\x1f", "0",  "\t"};
        std::string out(static_cast<std::size_t>(below(20)), 'x');
        for (int pieces = below(6); pieces > 0; --pieces)
            out += kPieces[static_cast<std::size_t>(below(kPieces.size()))];
        return out;
    }

  private:
    int below(std::size_t end) { return static_cast<int>(random_() % end); }
    nlohmann::json object(int depth) {
        nlohmann::json out = nlohmann::json::object();
        for (int members = below(6); members > 0; --members) out[text()] = value(depth - 1);
        return out;
    }
    nlohmann::json array(int depth) {
        nlohmann::json out = nlohmann::json::array();
        for (int elements = below(6); elements > 0; --elements) out.push_back(value(depth - 1));
        return out;
    }

    std::mt19937_64 random_;
};

}  // namespace samples

#include <troika/http/message/path_parameters.hpp>

namespace troika::http {

void PathParameters::add(std::string_view name, std::string_view decoded) {
    entries_.push_back({name, static_cast<std::uint32_t>(values_.size()),
                        static_cast<std::uint32_t>(decoded.size())});
    values_.append(decoded);
}

std::string_view PathParameters::value(std::size_t index) const noexcept {
    return std::string_view(values_).substr(entries_[index].at, entries_[index].length);
}

std::optional<std::string_view> PathParameters::get(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].name == name) return value(i);
    }
    return std::nullopt;
}

void PathParameters::truncate(std::size_t count) noexcept {
    if (count >= entries_.size()) return;
    values_.resize(entries_[count].at);
    entries_.resize(count);
}

void PathParameters::clear() noexcept {
    values_.clear();
    entries_.clear();
}

}  // namespace troika::http

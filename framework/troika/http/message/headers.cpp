#include <troika/http/message/headers.hpp>

#include <troika/base/error.hpp>
#include <troika/http/detail/ascii.hpp>

#include <algorithm>
#include <limits>

namespace troika::http {

namespace {

void check_field(std::string_view name, std::string_view value) {
    constexpr std::size_t kShown = 60;
    if (!detail::is_token(name) || name.size() > std::numeric_limits<std::uint16_t>::max()) {
        std::string shown;
        for (const char c : name.substr(0, kShown)) shown += c >= ' ' && c < 0x7f ? c : '?';
        throw Error("header field '" + shown +
                    "': the name must be a token of at most 65535 characters");
    }
    constexpr detail::CharSet kSplitting(std::string_view("\r\n\0", 3), false);
    std::size_t bad = 0;
    while (bad < value.size() && !kSplitting.has(value[bad])) ++bad;
    if (bad != value.size()) {
        throw Error("header field '" + std::string(name) +
                    "': the value contains CR, LF or NUL at position " + std::to_string(bad) +
                    "; encode or remove it");
    }
}

}  // namespace

Headers::Field Headers::operator[](std::size_t index) const noexcept {
    if (literals() > 0 && index-- == 0) return literal_;
    const Entry& entry = entries_[index];
    const std::string_view block = block_;
    return {block.substr(entry.name_at, entry.name_length),
            block.substr(entry.value_at, entry.value_length)};
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
    if (literals() > 0 && detail::equal_ignoring_case(literal_.name, name)) return literal_.value;
    for (const Entry& entry : entries_) {
        if (entry.name_length != name.size()) continue;
        const std::string_view own(block_.data() + entry.name_at, entry.name_length);
        if (detail::equal_ignoring_case(own, name))
            return std::string_view(block_.data() + entry.value_at, entry.value_length);
    }
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
    std::size_t found = 0;
    for (const Field field : *this) {
        if (detail::equal_ignoring_case(field.name, name)) ++found;
    }
    return found;
}

void Headers::add(std::string_view name, std::string_view value) {
    check_field(name, value);
    add_trusted(name, value);
}

void Headers::set(std::string_view name, std::string_view value) {
    check_field(name, value);
    // `value` may be a view into this very block, so it is appended before anything is removed.
    const std::string own_name(name);
    add_trusted(name, value);
    const Entry added = entries_.back();
    entries_.pop_back();
    remove(own_name);
    entries_.push_back(added);
}

void Headers::remove(std::string_view name) noexcept {
    if (literals() > 0 && detail::equal_ignoring_case(literal_.name, name)) literal_ = {};
    std::erase_if(entries_, [&](const Entry& entry) {
        const std::string_view own(block_.data() + entry.name_at, entry.name_length);
        return detail::equal_ignoring_case(own, name);
    });
}

void Headers::clear() noexcept {
    literal_ = {};
    block_.clear();
    entries_.clear();
}

void Headers::add_in_block(std::uint32_t name_at, std::uint16_t name_length, std::uint32_t value_at,
                           std::uint32_t value_length) {
    entries_.push_back({name_at, value_at, value_length, name_length});
}

std::size_t Headers::append_to_block(std::string_view bytes) {
    const std::size_t at = block_.size();
    block_.append(bytes);
    return at;
}

void Headers::add_trusted(std::string_view name, std::string_view value) {
    const std::size_t at = block_.size();
    // name or value may be views into block_: std::string::append copes with its own bytes one at a
    // time, but the second append would see a moved block.
    if (block_.capacity() < at + name.size() + value.size()) {
        std::string grown;
        grown.reserve(std::max(at + name.size() + value.size(), 2 * block_.capacity()));
        grown.append(block_).append(name).append(value);
        block_.swap(grown);
    } else {
        block_.append(name).append(value);
    }
    entries_.push_back(
        {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + name.size()),
         static_cast<std::uint32_t>(value.size()), static_cast<std::uint16_t>(name.size())});
}

std::size_t Headers::capacity() const noexcept {
    return block_.capacity() + entries_.capacity() * sizeof(Entry);
}

bool list_contains(const Headers& headers, std::string_view name, std::string_view token) noexcept {
    for (const Headers::Field field : headers) {
        if (!detail::equal_ignoring_case(field.name, name)) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            if (detail::equal_ignoring_case(detail::next_element(rest), token)) return true;
        }
    }
    return false;
}

}  // namespace troika::http

#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/headers.hpp>

#include <string>
#include <utility>
#include <vector>

namespace troika::fuzz {

namespace {

using List = std::vector<std::pair<std::string, std::string>>;

void remove(List& list, std::string_view name) {
    std::erase_if(list, [&](const auto& field) {
        return http::detail::equal_ignoring_case(field.first, name);
    });
}

void compare(const Headers& headers, const List& list) {
    TROIKA_CHECK(headers.size() == list.size(), "the number of fields");
    std::size_t i = 0;
    for (const Headers::Field field : headers) {
        TROIKA_CHECK(field.name == list[i].first && field.value == list[i].second, "a field");
        ++i;
    }
}

}  // namespace

// Lines "+name:value" add, "=name:value" set, "-name" remove, "*name" copy the field to itself.
void headers(std::string_view bytes) {
    Headers headers;
    List list;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find(';');
        const std::string_view line = bytes.substr(0, end);
        bytes = end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1);
        if (line.empty()) continue;
        const std::size_t colon = line.find(':');
        const std::string name(line.substr(1, colon == std::string_view::npos ? colon : colon - 1));
        const std::string value(colon == std::string_view::npos ? std::string_view{}
                                                                : line.substr(colon + 1));
        try {
            if (line.front() == '+') {
                headers.add(name, value);
                list.emplace_back(name, value);
            } else if (line.front() == '=') {
                headers.set(name, value);
                remove(list, name);
                list.emplace_back(name, value);
            } else if (line.front() == '-') {
                headers.remove(name);
                remove(list, name);
            } else if (const auto own = headers.get(name)) {
                const std::string copy(*own);
                headers.set(name, *own);
                remove(list, name);
                list.emplace_back(name, copy);
            }
        } catch (const Error&) {
            const bool odd = !http::detail::is_token(name) ||
                             value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos ||
                             name.size() > 65535;
            TROIKA_CHECK(odd, "a proper field was refused");
        }
        compare(headers, list);
    }
}

}  // namespace troika::fuzz

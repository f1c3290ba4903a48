#include <troika/http/codec/detail/head_words.hpp>

namespace troika::http::detail {

bool has_lone_cr(std::string_view bytes) noexcept {
    for (std::size_t i = bytes.find('\r'); i < bytes.size(); i = bytes.find('\r', i + 1)) {
        if (i + 1 < bytes.size() && bytes[i + 1] != '\n') return true;
    }
    return false;
}

bool has_odd_line_end(std::string_view bytes) noexcept {
    for (std::size_t i = bytes.find_first_of("\r\n"); i < bytes.size();
         i = bytes.find_first_of("\r\n", i + 2)) {
        if (bytes[i] == '\n') return true;
        if (i + 1 < bytes.size() && bytes[i + 1] != '\n') return true;
    }
    return false;
}

}  // namespace troika::http::detail

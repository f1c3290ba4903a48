#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/http/message/url.hpp>

#include <optional>
#include <string>

namespace troika::fuzz {

void url(std::string_view bytes) {
    using namespace http;
    const std::size_t question = bytes.find('?');
    const std::string_view path = bytes.substr(0, question);
    const std::optional<std::string> decoded = decode_segment(path);
    if (is_routable_path(path)) {
        TROIKA_CHECK(decoded.has_value(), "a routable path does not decode");
        TROIKA_CHECK(path.front() == '/', "a routable path does not begin with a slash");
    }
    if (decoded) {
        TROIKA_CHECK(decoded->find('\0') == std::string::npos, "a decoded segment has a NUL");
        TROIKA_CHECK(decode_segment(encode_segment(*decoded)) == *decoded,
                     "what was encoded decodes to something else");
    }
    TROIKA_CHECK(decode_query(encode_segment(path)) == std::string(path),
                 "any bytes survive encoding");
    if (question == std::string_view::npos) return;
    const std::string_view query = bytes.substr(question + 1);
    const std::string_view name = query.substr(0, query.find_first_of("=&"));
    const auto value = find_in_query(query, name);
    if (value) {
        TROIKA_CHECK(query.find(*value) != std::string_view::npos, "a value from elsewhere");
        (void)decode_query(*value);
    }
}

}  // namespace troika::fuzz

#include <troika/http/codec/detail/head_words.hpp>
#include <troika/http/codec/head_parser.hpp>
#include <troika/http/detail/ascii.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace troika::http {

namespace beast = boost::beast::http;

namespace {

using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t kEmptyLine = 2;  // bytes

std::string_view std_view(string_view text) noexcept { return {text.data(), text.size()}; }

// RFC 9112 5.2: a line break and whitespace inside a value. Beast unfolds: what it joins lies elsewhere;
// before the first word it only steps over the break. `gap`: from the end of the name to the value.
bool is_folded(std::string_view name, std::uintptr_t gap, std::string_view input) noexcept {
    const char* const from = name.data() + name.size();
    if (gap > static_cast<std::uintptr_t>(input.data() + input.size() - from)) return true;
    return std::memchr(from, '\n', gap) != nullptr;
}

// Beast's parser for the grammar; the meaning of the fields is judged here, because its own
// judgement of framing is lenient (an unknown Transfer-Encoding reads as "no body").
class HeadParser final : public beast::basic_parser<true> {
  public:
    HeadParser(std::string_view input, const HeadLimits& limits, RequestHead& head) noexcept
        : input_(input), limits_(limits), head_(head) {}

    HeadResult parse(std::size_t skipped);

  private:
    void on_request_impl(beast::verb verb, string_view method, string_view target, int version,
                         error_code& ec) override;
    void on_field_impl(beast::field field, string_view name, string_view value,
                       error_code& ec) override;
    void on_header_impl(error_code&) override {}
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    // Ends parsing; `ec` only has to be set to something.
    void refuse(Status status, std::string_view text, error_code& ec) {
        if (refusal_.text.empty()) refusal_ = {status, text};
        ec = beast::error::bad_value;
    }
    void on_content_length(std::string_view value, error_code& ec);
    void on_transfer_encoding(std::string_view value, error_code& ec);
    void on_connection(std::string_view value);
    std::optional<Refusal> judge() const;
    Refusal explain(const error_code& ec) const;
    bool line_is_too_long() const noexcept {
        return input_.size() > limits_.request_line &&
               input_.substr(0, limits_.request_line).find('\n') == std::string_view::npos;
    }
    std::uint32_t place(const char* at) const noexcept {
        return static_cast<std::uint32_t>(at - input_.data());
    }

    std::string_view input_;
    const HeadLimits& limits_;
    RequestHead& head_;
    HeadFacts facts_;
    Refusal refusal_;
    std::string_view target_;
    Method method_ = Method::unknown;
    int minor_version_ = 0;
    int hosts_ = 0;
    bool close_ = false;
    bool keep_alive_ = false;
    bool has_length_ = false;
    bool has_encoding_ = false;
    bool wrong_expectation_ = false;
    bool host_is_valid_ = true;
};

void HeadParser::on_request_impl(beast::verb verb, string_view method, string_view target,
                                 int version, error_code& ec) {
    method_ = detail::method_of(verb);
    minor_version_ = version - 10;
    target_ = std_view(target);
    constexpr std::size_t kVersionAndSpaces = 10;
    if (method.size() + target.size() + kVersionAndSpaces > limits_.request_line)
        refuse(Status::uri_too_long, "the request line is too long", ec);
}

void HeadParser::on_field_impl(beast::field field, string_view beast_name, string_view beast_value,
                               error_code& ec) {
    const std::string_view name = std_view(beast_name);
    const std::string_view value = std_view(beast_value);
    constexpr std::uintptr_t kShortestFold = 4;  // ":", line break, whitespace
    const std::uintptr_t gap = reinterpret_cast<std::uintptr_t>(value.data()) -
                               reinterpret_cast<std::uintptr_t>(name.data() + name.size());
    if (gap >= kShortestFold && is_folded(name, gap, input_))
        return refuse(Status::bad_request, "a field is folded over several lines", ec);
    if (head_.headers().size() >= limits_.fields)
        return refuse(Status::request_header_fields_too_large, "there are too many fields", ec);
    head_.headers().add_in_block(place(name.data()), static_cast<std::uint16_t>(name.size()),
                                 value.empty() ? 0 : place(value.data()),
                                 static_cast<std::uint32_t>(value.size()));
    switch (field) {
        case beast::field::host:
            ++hosts_;
            host_is_valid_ = detail::is_host(value);
            break;
        case beast::field::content_length: on_content_length(value, ec); break;
        case beast::field::transfer_encoding: on_transfer_encoding(value, ec); break;
        case beast::field::connection: on_connection(value); break;
        case beast::field::expect:
            if (detail::equal_ignoring_case(value, "100-continue"))
                facts_.expects_continue = true;
            else
                wrong_expectation_ = true;
            break;
        case beast::field::unknown:
            if (detail::equal_ignoring_case(name, "x-request-id")) facts_.has_request_id = true;
            break;
        default: break;
    }
}

void HeadParser::on_content_length(std::string_view value, error_code& ec) {
    if (has_length_) return refuse(Status::bad_request, "Content-Length is there twice", ec);
    has_length_ = true;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), facts_.length);
    if (value.empty() || !detail::is_digit(value.front()) || error != std::errc{} ||
        end != value.data() + value.size())
        return refuse(Status::bad_request, "Content-Length is not a number", ec);
}

void HeadParser::on_transfer_encoding(std::string_view value, error_code& ec) {
    if (has_encoding_) return refuse(Status::bad_request, "Transfer-Encoding is there twice", ec);
    has_encoding_ = true;
    if (detail::equal_ignoring_case(value, "chunked")) return;
    const bool plain_token = detail::is_token(value);
    refuse(plain_token ? Status::not_implemented : Status::bad_request,
           "the only Transfer-Encoding taken is a single 'chunked'", ec);
}

void HeadParser::on_connection(std::string_view value) {
    std::string_view rest = value;
    while (!rest.empty()) {
        const std::string_view element = detail::next_element(rest);
        if (detail::equal_ignoring_case(element, "close")) close_ = true;
        if (detail::equal_ignoring_case(element, "keep-alive")) keep_alive_ = true;
        if (detail::equal_ignoring_case(element, "upgrade")) facts_.wants_upgrade = true;
    }
}

std::optional<Refusal> HeadParser::judge() const {
    if (has_length_ && has_encoding_)
        return Refusal{Status::bad_request,
                       "Content-Length and Transfer-Encoding exclude each other"};
    if (has_encoding_ && minor_version_ == 0)
        return Refusal{Status::bad_request, "HTTP/1.0 has no Transfer-Encoding"};
    if (hosts_ > 1) return Refusal{Status::bad_request, "Host is there twice"};
    if (hosts_ == 0 && minor_version_ == 1) return Refusal{Status::bad_request, "Host is missing"};
    if (!host_is_valid_) return Refusal{Status::bad_request, "Host is not a host"};
    if (wrong_expectation_ && minor_version_ == 1)
        return Refusal{Status::expectation_failed, "the only expectation met is 100-continue"};
    if (method_ == Method::connect)
        return Refusal{Status::not_implemented, "this server is no proxy"};
    return std::nullopt;
}

Refusal HeadParser::explain(const error_code& ec) const {
    if (!refusal_.text.empty()) return refusal_;
    if (ec == beast::error::header_limit && line_is_too_long())
        return {Status::uri_too_long, "the request line is too long"};
    if (ec == beast::error::header_limit)
        return {Status::request_header_fields_too_large, "the head is too large"};
    if (ec == beast::error::bad_version) {
        // "HTTP/" DIGIT "." DIGIT at the end of the line: another version; anything else: nonsense.
        const std::string_view line = input_.substr(0, input_.find("\r\n"));
        const std::string_view last = line.substr(std::min(line.rfind(' ') + 1, line.size()));
        if (last.size() == 8 && last.starts_with("HTTP/") && detail::is_digit(last[5]) &&
            last[6] == '.' && detail::is_digit(last[7]) && last != "HTTP/1.0" && last != "HTTP/1.1")
            return {Status::http_version_not_supported, "this server speaks HTTP/1.0 and HTTP/1.1"};
        return {Status::bad_request, "the request line has no proper version"};
    }
    if (ec == beast::error::bad_method) return {Status::bad_request, "the method is malformed"};
    if (ec == beast::error::bad_target) return {Status::bad_request, "the target is malformed"};
    if (ec == beast::error::bad_line_ending) return {Status::bad_request, "a line ends wrongly"};
    if (ec == beast::error::bad_field) return {Status::bad_request, "a field name is malformed"};
    if (ec == beast::error::bad_value) return {Status::bad_request, "a field value is malformed"};
    return {Status::bad_request, "the framing of the body is ambiguous or malformed"};
}

HeadResult HeadParser::parse(std::size_t skipped) {
    HeadResult result;
    header_limit(static_cast<std::uint32_t>(limits_.bytes));
    body_limit(boost::none);
    error_code ec;
    const std::size_t used = put({input_.data(), input_.size()}, ec);
    // Half a version looks like a wrong one.
    const bool in_version =
        ec == beast::error::bad_version && input_.find('\n') == std::string_view::npos;
    if (ec == beast::error::need_more || in_version) {
        result.facts.consumed = skipped;
        if (line_is_too_long())
            result.refusal = {Status::uri_too_long, "the request line is too long"};
        else if (detail::has_odd_line_end(input_))
            result.refusal = {Status::bad_request, "a line ends wrongly"};
        if (!result.refusal.text.empty()) result.state = HeadResult::State::invalid;
        return result;
    }
    if (ec) {
        result.state = HeadResult::State::invalid;
        result.refusal = explain(ec);
        return result;
    }
    if (const std::optional<Refusal> refusal = judge()) {
        result.state = HeadResult::State::invalid;
        result.refusal = *refusal;
        return result;
    }
    head_.headers().assign_block(input_.substr(0, used));
    const bool routable = head_.assign(method_, minor_version_, place(target_.data()),
                                       static_cast<std::uint32_t>(target_.size()));
    const bool names_a_host = target_.starts_with('/') || detail::is_host(head_.host());
    if (!routable || !names_a_host) {
        result.state = HeadResult::State::invalid;
        result.refusal = {Status::bad_request, "the target is no path this server can route"};
        return result;
    }
    facts_.consumed = skipped + used;
    facts_.empty_lines = static_cast<std::uint16_t>(skipped / kEmptyLine);
    facts_.keep_alive = !close_ && (minor_version_ == 1 || keep_alive_);
    if (has_encoding_)
        facts_.framing = Framing::chunked;
    else if (has_length_ && facts_.length > 0)
        facts_.framing = Framing::length;
    if (minor_version_ == 0 || facts_.framing == Framing::none) facts_.expects_continue = false;
    result.state = HeadResult::State::complete;
    result.facts = facts_;
    return result;
}

}  // namespace

HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
    // RFC 9112 2.2: empty lines before a request are ignored, because some clients end a body with one.
    // Only a few: nobody sends many in good faith.
    std::size_t skipped = 0;
    while (bytes.substr(skipped).starts_with("\r\n")) {
        skipped += kEmptyLine;
        if (skipped <= limits.empty_lines * kEmptyLine) continue;
        HeadResult result;
        result.state = HeadResult::State::invalid;
        result.refusal = {Status::bad_request, kTooManyEmptyLines};
        return result;
    }
    bytes.remove_prefix(skipped);
    if (bytes.empty() || bytes == "\r") {
        HeadResult result;
        result.facts.consumed = skipped;
        return result;
    }
    head.clear();
    HeadParser parser(bytes, limits, head);
    return parser.parse(skipped);
}

bool HeadScanner::worth_parsing(std::string_view bytes, const HeadLimits& limits) noexcept {
    const std::size_t from = seen_;
    seen_ = bytes.size();
    if (from == 0 || bytes.size() >= limits.bytes) return true;
    if (from <= limits.request_line && bytes.size() > limits.request_line) return true;
    if (detail::has_lone_cr(bytes.substr(from - 1))) return true;
    for (std::size_t i = from; i < bytes.size(); ++i) {
        const void* const found = std::memchr(bytes.data() + i, '\n', bytes.size() - i);
        if (found == nullptr) return false;
        i = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        if (i <= 1 || bytes[i - 1] != '\r') return true;
        if (i >= 3 && bytes[i - 2] == '\n') return true;
    }
    return false;
}

std::size_t HeadScanner::count_empty_lines(std::size_t lines) noexcept {
    seen_ = 0;
    return empty_lines_ += lines;
}

}  // namespace troika::http

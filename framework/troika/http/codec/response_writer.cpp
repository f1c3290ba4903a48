#include <troika/http/codec/response_writer.hpp>
#include <troika/http/detail/ascii.hpp>

#include <charconv>
#include <cstring>
#include <ctime>
#include <limits>

namespace troika::http {

namespace {

constexpr auto kResetContent = static_cast<Status>(205);  // never with a body (RFC 9110 15.3.6)

class Pen final {
  public:
    explicit Pen(char* at) noexcept : begin_(at), at_(at) {}
    void put(std::string_view text) noexcept {
        at_ += text.copy(at_, text.size());  // unlike memcpy it takes the null of an empty view
    }
    void put(char c) noexcept { *at_++ = c; }
    void put_number(std::uint64_t value) noexcept {
        at_ = std::to_chars(at_, at_ + std::numeric_limits<std::uint64_t>::digits10 + 1, value).ptr;
    }
    std::size_t written() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  private:
    char* begin_;
    char* at_;
};

// Fields the server alone decides about.
bool is_ours(std::string_view name) noexcept {
    using detail::equal_ignoring_case;
    switch (name.size()) {
        case 4: return equal_ignoring_case(name, "date");
        case 6: return equal_ignoring_case(name, "server");
        case 10:
            return equal_ignoring_case(name, "connection") ||
                   equal_ignoring_case(name, "keep-alive");
        case 14: return equal_ignoring_case(name, "content-length");
        case 17: return equal_ignoring_case(name, "transfer-encoding");
        default: return false;
    }
}

struct BodyFacts {
    ResponseFraming framing = ResponseFraming::none;
    std::uint64_t length = 0;
};

BodyFacts facts_of(const Response& response, int minor_version) {
    const ResponseBody& body = response.body();
    if (!allows_body(response.status())) return {};
    if (response.status() == kResetContent) return {ResponseFraming::length, 0};
    if (const auto* file = std::get_if<FileRange>(&body))
        return {ResponseFraming::length, file->length};
    if (const auto* stream = std::get_if<std::unique_ptr<Stream>>(&body)) {
        if (const std::optional<std::uint64_t> length = (*stream)->length())
            return {ResponseFraming::length, *length};
        return {minor_version == 0 ? ResponseFraming::until_close : ResponseFraming::chunked, 0};
    }
    return {ResponseFraming::length, response.body_view().size()};
}

void put_status_line(Pen& pen, Status status) noexcept {
    if (status == Status::ok) return pen.put("HTTP/1.1 200 OK\r\n");
    pen.put("HTTP/1.1 ");
    pen.put_number(static_cast<std::uint64_t>(to_int(status)));
    pen.put(' ');
    pen.put(reason(status));
    pen.put("\r\n");
}

}  // namespace

ResponseFraming write_head(Bytes& out, const Response& response, ResponseContext& context) {
    const Headers& headers = response.headers();
    BodyFacts facts = facts_of(response, context.minor_version);
    constexpr std::size_t kFixed = 384;  // status line, Content-Length, Connection, a literal field
    constexpr std::size_t kPerField = 4;  // ": " and CRLF
    std::size_t bound = kFixed + context.date_line.size() + headers.block().size();
    bound += context.request_id.size();
    bound += headers.size() * kPerField;
    // Fields may share bytes of the block only after removals, which leave bytes unused.
    Pen pen(out.spare(bound).data());
    put_status_line(pen, response.status());
    pen.put(context.date_line);
    const bool upgrades = response.status() == Status::switching_protocols;
    bool has_id = context.request_id.empty();
    for (const Headers::Field field : headers) {
        if (is_ours(field.name)) {
            if (field.name.size() == 10 && list_contains(headers, "connection", "close"))
                context.keep_alive = false;
            continue;
        }
        if (!has_id && detail::equal_ignoring_case(field.name, "x-request-id")) has_id = true;
        pen.put(field.name);
        pen.put(": ");
        pen.put(field.value);
        pen.put("\r\n");
    }
    if (!has_id) {
        pen.put("x-request-id: ");
        pen.put(context.request_id);
        pen.put("\r\n");
    }
    switch (facts.framing) {
        case ResponseFraming::none: break;
        case ResponseFraming::length:
            pen.put("content-length: ");
            pen.put_number(facts.length);
            pen.put("\r\n");
            break;
        case ResponseFraming::chunked:
            if (!context.head) pen.put("transfer-encoding: chunked\r\n");
            break;
        case ResponseFraming::until_close: context.keep_alive = false; break;
    }
    if (upgrades)
        pen.put("connection: upgrade\r\n");
    else if (!context.keep_alive)
        pen.put("connection: close\r\n");
    else if (context.minor_version == 0)
        pen.put("connection: keep-alive\r\n");
    pen.put("\r\n");
    out.commit(pen.written());
    const bool bodiless = context.head || response.status() == kResetContent;
    return bodiless ? ResponseFraming::none : facts.framing;
}

void write_chunk_size(Bytes& out, std::size_t size) {
    constexpr std::size_t kDigits = 2 * sizeof size + 2;
    const std::span<char> room = out.spare(kDigits);
    char* const end = std::to_chars(room.data(), room.data() + kDigits, size, 16).ptr;
    std::memcpy(end, "\r\n", 2);
    out.commit(static_cast<std::size_t>(end - room.data()) + 2);
}

DateLine::DateLine(std::string_view server) {
    if (!server.empty()) text_.append("server: ").append(server).append("\r\n");
    date_at_ = text_.size();
    text_ += "date: ddd, dd mmm yyyy hh:mm:ss GMT\r\n";
}

std::string_view DateLine::at(std::int64_t seconds) noexcept {
    if (seconds != rendered_) {
        rendered_ = seconds;
        const std::time_t time = seconds;
        std::tm parts{};
        ::gmtime_r(&time, &parts);
        // Not strftime's %a and %b: they follow the locale.
        static constexpr char kDays[] = "SunMonTueWedThuFriSat";
        static constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const auto two = [](char* at, int value) {
            at[0] = static_cast<char>('0' + value / 10 % 10);
            at[1] = static_cast<char>('0' + value % 10);
        };
        char* const text = text_.data() + date_at_;
        std::memcpy(text + 6, kDays + 3 * parts.tm_wday, 3);
        two(text + 11, parts.tm_mday);
        std::memcpy(text + 14, kMonths + 3 * parts.tm_mon, 3);
        two(text + 18, (parts.tm_year + 1900) / 100);
        two(text + 20, (parts.tm_year + 1900) % 100);
        two(text + 23, parts.tm_hour);
        two(text + 26, parts.tm_min);
        two(text + 29, parts.tm_sec);
    }
    return text_;
}

void DateLine::renew(std::chrono::steady_clock::time_point now) noexcept {
    timespec wall{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    at(wall.tv_sec);
    valid_until_ = now + std::chrono::seconds(1) - std::chrono::nanoseconds(wall.tv_nsec);
}

}  // namespace troika::http

#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/conditional.hpp>
#include <troika/http/message/event_stream.hpp>
#include <troika/http/message/http_date.hpp>
#include <troika/http/server/detail/forwarded.hpp>

#include <string>

namespace troika::fuzz {

namespace {

Request with(const char* name, const std::string& value) {
    Request request(Method::get, "/");
    request.headers().add(name, value);
    return request;
}

}  // namespace

void fields(std::string_view bytes) {
    using namespace http;
    std::string value(bytes);
    for (char& c : value)
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    if (const auto date = parse_http_date(value))
        TROIKA_CHECK(parse_http_date(format_http_date(*date)) == date, "a date reads otherwise");
    const Validators now{"\"v\"", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
    for (const char* const name :
         {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
        (void)precondition(with(name, value), now);
    constexpr std::uint64_t kSize = 1000;
    const WantedRange wanted = wanted_range(with("range", value), kSize, now);
    if (wanted.kind != RangeKind::unsatisfiable) {
        TROIKA_CHECK(
            wanted.range.offset <= kSize && wanted.range.length <= kSize - wanted.range.offset,
            "a range beyond the end");
    }
    Request joining = with("range", "bytes=1-2");
    joining.headers().add("if-range", value);
    const bool joins = wanted_range(joining, kSize, now).kind == RangeKind::part;
    TROIKA_CHECK(joins == (value == now.etag), "parts of two states are joined");
    const std::vector<Network> trusted{*Network::from_text("10.0.0.0/8")};
    for (const char* const name : {"forwarded", "x-forwarded-for", "x-forwarded-proto"}) {
        Request request = with(name, value);
        http::detail::take_forwarded(request, trusted);
        (void)request.peer().address();
    }
    if (const auto network = Network::from_text(value))
        TROIKA_CHECK(Network::from_text(network->to_text()) == network,
                     "a network reads otherwise");
    const std::string event = to_text(ServerEvent(value));
    TROIKA_CHECK(event.ends_with("\n\n") && event.find("\n\n") == event.size() - 2,
                 "an event ends early");
}

}  // namespace troika::fuzz

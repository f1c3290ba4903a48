#include <troika/base/error.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/testing/detail/heard.hpp>

#include <unistd.h>

#include <utility>

namespace troika::testing::detail {

namespace {

constexpr std::string_view kTooLarge = "the body is too large";

std::size_t size_of(const std::vector<std::string>& pieces) {
    std::size_t size = 0;
    for (const std::string& piece : pieces) size += piece.size();
    return size;
}

// In chunks as they were given, or the whole at once. A limit is noticed as the server notices it: at the chunk
// that passes it.
class Pieces final : public Stream {
  public:
    Pieces(std::vector<std::string> all, bool in_chunks, std::size_t limit)
        : all_(std::move(all)), limit_(limit) {
        if (!in_chunks) length_ = size_of(all_);
    }
    Task<std::optional<std::string_view>> next() override {
        while (at_ < all_.size() && all_[at_].empty()) ++at_;  // an empty chunk would be the last
        if (at_ == all_.size()) co_return std::nullopt;
        taken_ += all_[at_].size();
        if (taken_ > limit_)
            throw http::HttpError(Status::content_too_large, std::string(kTooLarge));
        co_return all_[at_++];
    }
    std::optional<std::uint64_t> length() const override { return length_; }

  private:
    std::vector<std::string> all_;
    std::optional<std::uint64_t> length_;
    std::size_t limit_;
    std::size_t taken_ = 0;
    std::size_t at_ = 0;
};

// As the server buffers it: large bodies of endpoints that want it so lie in a memory file.
http::RequestBody buffered(const http::Endpoint& endpoint, const std::string& body) {
    constexpr std::size_t kThreshold = 1024 * 1024;
    if (endpoint.body != http::BodyMode::memory_file || body.size() <= kThreshold)
        return http::RequestBody(http::Bytes(body));
    http::MemoryFile file("test-body");
    file.append(body);
    file.seal();
    return http::RequestBody(std::move(file));
}

std::string read(const http::FileRange& range) {
    std::string bytes(range.length, '\0');
    const ssize_t n =
        ::pread(range.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(range.offset));
    if (n != static_cast<ssize_t>(bytes.size())) throw_errno("read a response file");
    return bytes;
}

// The fields of a written head, without its status line.
Headers fields_of(std::string_view head) {
    Headers headers;
    head.remove_prefix(head.find('\n') + 1);
    while (head.size() > 2) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        const std::size_t colon = line.find(": ");
        headers.add(line.substr(0, colon), line.substr(colon + 2));
        head.remove_prefix(line.size() + 2);
    }
    return headers;
}

}  // namespace

std::optional<http::Refusal> say(const Said& said, const http::HeadLimits& limits,
                                 Request& request) {
    Headers fields;  // refuses what would be two
    fields.add("Host", "test");
    for (const auto& [name, value] : said.fields) fields.add(name, value);
    const bool framed = fields.contains("content-length") || fields.contains("transfer-encoding");
    const std::size_t size = size_of(said.pieces);
    if (!framed && said.in_chunks) fields.add("Transfer-Encoding", "chunked");
    if (!framed && !said.in_chunks && size > 0) fields.add("Content-Length", std::to_string(size));
    std::string head(http::to_string(said.method));
    head.append(" ").append(said.target).append(" HTTP/1.1\r\n");
    for (const Headers::Field field : fields)
        head.append(field.name).append(": ").append(field.value).append("\r\n");
    head.append("\r\n");
    const http::HeadResult result = http::parse_head(head, limits, request.head());
    if (result.state == http::HeadResult::State::complete && result.facts.consumed == head.size())
        return std::nullopt;
    request.head().clear();
    if (result.state == http::HeadResult::State::invalid) return result.refusal;
    throw Error("the target of a test's request holds line breaks");
}

std::optional<http::Refusal> give_body(Said& said, const http::Endpoint& endpoint,
                                       std::size_t limit, Request& request) {
    if (endpoint.body == http::BodyMode::none) return std::nullopt;
    const std::size_t size = size_of(said.pieces);
    const bool streams = endpoint.body == http::BodyMode::stream;
    if (size > limit && (!streams || !said.in_chunks))
        return http::Refusal{Status::content_too_large, kTooLarge};
    if (streams) {
        request.body() = http::RequestBody(
            std::make_unique<Pieces>(std::move(said.pieces), said.in_chunks, limit));
    } else if (size > 0) {
        std::string body;
        for (const std::string& piece : said.pieces) body += piece;
        request.body() = buffered(endpoint, body);
    }
    return std::nullopt;
}

Heard::Heard(Response response, const Request& request, std::string_view date_line)
    : response_(std::move(response)) {
    http::ResponseContext context;
    context.minor_version = request.head().minor_version();
    context.head = request.method() == http::Method::head;
    context.date_line = date_line;
    if (request.has_id()) context.request_id = request.id();
    http::Bytes head;
    const http::ResponseFraming framing = http::write_head(head, response_, context);
    headers_ = fields_of(head.view());
    ended_ = framing == http::ResponseFraming::none;
    if (framing == http::ResponseFraming::length && stream() != nullptr)
        promised_ = stream()->length();
}

Stream* Heard::stream() const noexcept {
    const auto* const stream = std::get_if<std::unique_ptr<Stream>>(&response_.body());
    return stream == nullptr ? nullptr : stream->get();
}

void Heard::drop() noexcept {
    ended_ = true;
    response_.body() = std::monostate{};
}

std::optional<std::string> Heard::next_of_memory() {
    ended_ = true;
    const auto* const file = std::get_if<http::FileRange>(&response_.body());
    std::string all = file != nullptr ? read(*file) : std::string(response_.body_view());
    if (all.empty()) return std::nullopt;
    return all;
}

Task<std::optional<std::string>> Heard::next() {
    if (ended_) co_return std::nullopt;
    if (stream() == nullptr) co_return next_of_memory();
    std::optional<std::string_view> piece;
    do {
        Task<std::optional<std::string_view>> pulled = stream()->next();
        piece = co_await std::move(pulled);
    } while (piece && piece->empty());
    if (piece) heard_ += piece->size();
    if (promised_ && heard_ > *promised_)
        throw Error("a response stream has more bytes than its length() said");
    if (piece) co_return std::string(*piece);
    ended_ = true;
    if (promised_ && heard_ < *promised_)
        throw Error("a response stream has fewer bytes than its length() said");
    co_return std::nullopt;
}

}  // namespace troika::testing::detail

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/lines.hpp>

#include <optional>
#include <string_view>

namespace troika::http {

namespace {

// Cuts lines out of pieces.
class LineCutter final {
  public:
    explicit LineCutter(std::size_t longest) noexcept : longest_(longest) {}

    void set_piece(std::string_view piece) noexcept { piece_ = piece; }
    // Nothing: more is needed.
    std::optional<std::string> cut() {
        const std::size_t end = piece_.find('\n');
        keep(piece_.substr(0, end));
        if (end == std::string_view::npos) return std::nullopt;
        piece_.remove_prefix(end + 1);
        return take();
    }
    std::optional<std::string> rest() {
        if (line_.empty()) return std::nullopt;
        return take();
    }

  private:
    void keep(std::string_view part) {
        if (line_.size() + part.size() > longest_)
            throw HttpError(Status::content_too_large, "line " + std::to_string(number_) +
                                                           " of the body is longer than " +
                                                           std::to_string(longest_) + " bytes");
        line_ += part;
    }
    std::string take() {
        ++number_;
        if (line_.ends_with('\r')) line_.pop_back();
        std::string line = std::move(line_);
        line_.clear();
        return line;
    }

    std::size_t longest_;
    std::size_t number_ = 1;
    std::string_view piece_;
    std::string line_;
};

}  // namespace

Flow<std::string> lines_of(Request& request, std::size_t longest) {
    LineCutter cutter(longest);
    Stream* const stream = request.body().stream();
    bool whole = stream == nullptr;
    if (whole) cutter.set_piece(request.bytes());
    while (true) {
        while (std::optional<std::string> line = cutter.cut()) co_yield std::move(*line);
        if (whole) break;
        Task<std::optional<std::string_view>> pull = stream->next();
        const std::optional<std::string_view> piece = co_await std::move(pull);
        whole = !piece;
        cutter.set_piece(piece.value_or(std::string_view{}));
    }
    if (std::optional<std::string> line = cutter.rest()) co_yield std::move(*line);
}

}  // namespace troika::http

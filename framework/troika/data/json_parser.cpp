#include <troika/data/detail/json_builder.hpp>
#include <troika/data/json.hpp>
#include <troika/data/nearest.hpp>

#include <iterator>
#include <nlohmann/json.hpp>

// detail/json_builder reads what is right, in a third of the instructions. What it refuses, and texts with comments
// or whose lines are wanted, nlohmann's lexer reads; this builds the value, because its own builder
// keeps the last of two equal members and has no limit of depth.
namespace troika::data {
namespace {

using nlohmann::json;

// Counts lines as the lexer reads; when a member's name is complete, nothing after it was read.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        if (*at_ == '\n') ++*line_;
        ++at_;
        return *this;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    int* line_;
};

std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

class Builder {
  public:
    Builder(const ParseOptions& options, const int& line) : options_(options), line_(line) {}

    json take() { return std::move(root_); }

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(json::number_integer_t value) { return put(value); }
    bool number_unsigned(json::number_unsigned_t value) { return put(value); }
    bool number_float(json::number_float_t value, const json::string_t&) { return put(value); }
    bool string(json::string_t& value) { return put(std::move(value)); }
    bool binary(json::binary_t& value) { return put(std::move(value)); }

    bool start_object(std::size_t) { return open(json::object()); }
    bool start_array(std::size_t) { return open(json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(json::string_t& name) {
        const auto [at, fresh] = open_.back()->emplace(name, nullptr);
        if (!fresh) throw DecodeError(path() + "/" + escaped(name), "each member once", "it twice");
        member_ = &*at;
        names_.back() = &at.key();
        if (options_.lines != nullptr) options_.lines->emplace(path() + "/" + escaped(name), line_);
        return true;
    }

    // "[json.exception.parse_error.101] parse error at line 1, column 3: <why>"
    bool parse_error(std::size_t, const std::string&, const json::exception& error) {
        std::string_view what = error.what();
        const std::size_t id = what.find("] ");
        if (id != std::string_view::npos) what.remove_prefix(id + 2);
        if (what.starts_with("parse error at ")) what.remove_prefix(12);
        throw DecodeError(path(), "JSON", "an error " + std::string(what));
    }

  private:
    template <typename T>
    bool put(T&& value) {
        place(std::forward<T>(value));
        return true;
    }

    json* place(json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
        *member_ = std::move(value);
        return member_;
    }

    bool open(json empty) {
        if (open_.size() >= options_.max_depth)
            throw DecodeError(
                path(), "nesting of at most " + std::to_string(options_.max_depth) + " levels",
                "more");
        open_.push_back(place(std::move(empty)));
        names_.push_back(nullptr);
        return true;
    }

    bool close() {
        open_.pop_back();
        names_.pop_back();
        return true;
    }

    std::string path() const {
        std::string out;
        for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
            out += '/';
            out +=
                open_[i]->is_array() ? std::to_string(open_[i]->size() - 1) : escaped(*names_[i]);
        }
        return out;
    }

    const ParseOptions& options_;
    const int& line_;
    json root_;
    std::vector<json*> open_;  // a parent's vector never grows while its last element is open
    std::vector<const std::string*> names_;  // of the member each open object is reading
    json* member_ = nullptr;
};

json read_by_lexer(std::string_view text, const ParseOptions& options) {
    int line = 1;
    Builder builder(options, line);
    const char* begin = text.data();
    const char* end = begin + text.size();
    const bool comments = options.comments == JsonComments::ignore;
    if (options.lines == nullptr)
        json::sax_parse(begin, end, &builder, json::input_format_t::json, true, comments);
    else
        json::sax_parse(CountingIterator(begin, &line), CountingIterator(end, &line), &builder,
                        json::input_format_t::json, true, comments);
    // The lexer takes a NUL byte for the end of the text.
    if (text.find('\0') != std::string_view::npos) throw DecodeError("", "JSON", "a NUL byte");
    return builder.take();
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const ParseOptions& options) {
    if (options.lines == nullptr && options.comments == JsonComments::reject) {
        nlohmann::json value;
        if (detail::build_json(text, options.max_depth, value)) return value;
    }
    return read_by_lexer(text, options);
}

}  // namespace troika::data

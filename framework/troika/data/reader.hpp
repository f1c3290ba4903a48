#pragma once

#include <troika/data/error.hpp>
#include <troika/data/writer.hpp>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troika::data {

enum class UnknownMembers { reject, ignore };
enum class MissingMembers { reject, keep_default };

struct DecodeOptions {
    UnknownMembers unknown_members = UnknownMembers::reject;
    // reject: every member must be there, except std::optional ones, whatever its initialiser says.
    // keep_default: an absent member keeps the value its initialiser gave it.
    MissingMembers missing_members = MissingMembers::reject;
    std::size_t max_depth = kMaxDepth;
};

enum class Kind { null, boolean, number, text, bytes, array, object };
using Number = std::variant<std::int64_t, std::uint64_t, double>;

// A cursor over a document, moved by reading: every value is taken exactly once, in document order.
// Views it returns are valid until the document goes.
//
//   Errors        DecodeError with the path of the value under the cursor.
class Reader {
  public:
    explicit Reader(const DecodeOptions& options) : options_(options) { steps_.reserve(8); }
    virtual ~Reader() = default;
    const DecodeOptions& options() const noexcept { return options_; }

    virtual Kind kind() = 0;
    virtual void null() = 0;
    virtual bool boolean() = 0;
    virtual Number number() = 0;
    virtual std::string_view text() = 0;
    // Forms without byte strings hold base64 text instead.
    virtual std::vector<std::byte> bytes() = 0;
    // The same without a copy where the form allows; valid until the next call.
    virtual std::span<const std::byte> view_bytes() { return held_ = bytes(); }
    virtual void enter_array() = 0;
    // False at the end, and the array is left.
    virtual bool next_element() = 0;
    virtual void enter_object() = 0;
    // False at the end, and the object is left.
    virtual bool next_member(std::string_view& name) = 0;

    // A whole number in [low, high]; 3.0 is whole, 3.5 is not.
    std::int64_t integer(std::int64_t low, std::int64_t high);
    std::uint64_t natural(std::uint64_t high);
    double real();
    // Any value, as JSON.
    void value(nlohmann::json& out);
    void skip();

    std::string path() const;
    [[noreturn]] void fail(std::string expected);
    [[noreturn]] void fail(std::string expected, std::string found) const;

  protected:
    void descend(bool into_object);
    void ascend() { steps_.pop_back(); }
    void at_member(std::string_view name) { steps_.back().name = name; }
    void at_element(std::size_t index) { steps_.back().index = index; }
    bool at_root() const noexcept { return steps_.empty(); }

  private:
    struct Step {
        bool named;
        std::string_view name = {};
        std::size_t index = 0;
    };
    void skip_members();

    DecodeOptions options_;
    std::vector<Step> steps_;
    std::vector<std::byte> held_;
};

}  // namespace troika::data

#pragma once

#include <troika/data/detail/json_scanner.hpp>

#include <deque>
#include <vector>

namespace troika::data::detail {

// Reads JSON text as it stands, without a value in between. Its complaints are short and come in the
// order of the text; read_json() puts the ones of JsonReader in their place.
class JsonTextReader final : public Reader {
  public:
    JsonTextReader(std::string_view text, const DecodeOptions& options)
        : Reader(options), scanner_(text) {
        taken_.reserve(8);
    }

    // Throws DecodeError if anything follows the value.
    void finish();

    Kind kind() override;
    void null() override;
    bool boolean() override;
    Number number() override;
    std::string_view text() override;
    std::vector<std::byte> bytes() override;
    void enter_array() override;
    bool next_element() override;
    void enter_object() override;
    bool next_member(std::string_view& name) override;

  private:
    [[noreturn]] void refuse() const;
    void expect(bool fits) const {
        if (!fits) refuse();
    }
    // The comma before the next element or member; false at `end`, which is taken.
    bool next(char end);

    JsonScanner scanner_;
    std::vector<std::size_t> taken_;  // of each open array or object
    std::string room_;
    std::deque<std::string> unescaped_;  // texts that are no views of the document
};

}  // namespace troika::data::detail

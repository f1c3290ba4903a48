#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::http {

// The fields of a message in their order, repeated ones (Set-Cookie) included.
//
// Names and values lie in one block of memory that belongs to the object; fields are offsets into
// it. The block of a received request is its whole head, copied once. Views handed out are valid
// until the next change of this object.
//
//   Lifetime      A value; moving it keeps the block, so offsets stay right while views do not.
//   Threads       None of its own; a const object may be read by several.
//   Errors        add() and set() throw Error naming the field for a name that is no token, or a
//                 value with CR, LF or NUL (RFC 9110 5.5): what an application passes on cannot split
//                 a response.
class Headers final {
  public:
    struct Field {
        std::string_view name;
        std::string_view value;
    };

    class Iterator {
      public:
        Iterator(const Headers& headers, std::size_t index) noexcept
            : headers_(&headers), index_(index) {}
        Field operator*() const noexcept { return (*headers_)[index_]; }
        Iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

      private:
        const Headers* headers_;
        std::size_t index_;
    };

    std::size_t size() const noexcept { return entries_.size() + literals(); }
    bool empty() const noexcept { return size() == 0; }
    Field operator[](std::size_t index) const noexcept;
    Iterator begin() const noexcept { return {*this, 0}; }
    Iterator end() const noexcept { return {*this, size()}; }

    // The first field of that name, whatever its case.
    std::optional<std::string_view> get(std::string_view name) const noexcept;
    bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
    std::size_t count(std::string_view name) const noexcept;

    // Appends a field, keeping others of that name.
    void add(std::string_view name, std::string_view value);
    // Replaces every field of that name by one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name) noexcept;

    // Empties it and keeps the memory.
    void clear() noexcept;

    // For the codec, which has checked the bytes itself: fields are named by their place in a block
    // that is copied in afterwards (or before), in one piece.
    void assign_block(std::string_view block) { block_.assign(block); }
    void add_in_block(std::uint32_t name_at, std::uint16_t name_length, std::uint32_t value_at,
                      std::uint32_t value_length);
    std::string_view block() const noexcept { return block_; }
    // Appends bytes that belong to no field; returns where they begin.
    std::size_t append_to_block(std::string_view bytes);
    // For names and values that are literals of the framework: no checks.
    void add_trusted(std::string_view name, std::string_view value);
    // The first field, of two texts that live for ever; costs no memory. Once, on empty headers.
    void start_with_literals(std::string_view name, std::string_view value) noexcept {
        literal_ = {name, value};
    }
    std::size_t capacity() const noexcept;

  private:
    struct Entry {
        std::uint32_t name_at;
        std::uint32_t value_at;
        std::uint32_t value_length;
        std::uint16_t name_length;
    };

    std::size_t literals() const noexcept { return literal_.name.empty() ? 0 : 1; }

    Field literal_;
    std::string block_;
    std::vector<Entry> entries_;
};

// True when one of the comma-separated elements of all fields `name` is `token`, whatever its case.
bool list_contains(const Headers& headers, std::string_view name, std::string_view token) noexcept;

}  // namespace troika::http

namespace troika {
using http::Headers;
}

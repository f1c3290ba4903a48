#include <troika/data/detail/json_builder.hpp>
#include <troika/data/detail/json_scanner.hpp>

#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

// An object's members are made in place, in the nodes of its map. An array's elements wait in one
// vector for all open arrays, so that each array is allocated once, in its size:
//
//   {"a": [1, [2, 3    open_: object "a", array from 0, array from 1       elements_: 1 2 3
namespace troika::data::detail {
namespace {

using nlohmann::json;

class Builder {
  public:
    Builder(std::string_view text, std::size_t max_depth, json& out)
        : scanner_(text), max_depth_(max_depth), target_(&out) {
        open_.reserve(8);
    }

    bool build() {
        if (!value()) return false;
        while (!open_.empty()) {
            if (!(open_.back().object != nullptr ? member() : element())) return false;
        }
        return scanner_.at_end();
    }

  private:
    struct Open {
        json::object_t* object;  // null: an array
        json* target;            // where an array goes when it is complete; null: into one
        std::size_t first;       // of an array's elements
        bool fresh;
    };

    template <typename... Arguments>
    bool put(Arguments&&... arguments) {
        if (target_ == nullptr)
            elements_.emplace_back(std::forward<Arguments>(arguments)...);
        else  // it is null, which needs no destruction
            std::construct_at(target_, std::forward<Arguments>(arguments)...);
        return true;
    }

    bool value() {
        switch (scanner_.peek()) {
            case '{': return open_object();
            case '[': return open_array();
            case '"': {
                std::string_view text;
                return scanner_.string(text, room_) && put(text);
            }
            case 't': return scanner_.literal("true") && put(true);
            case 'f': return scanner_.literal("false") && put(false);
            case 'n': return scanner_.literal("null") && put(nullptr);
            default: break;
        }
        const char c = scanner_.peek();
        Number number;
        if ((c != '-' && (c < '0' || c > '9')) || !scanner_.number(number)) return false;
        return std::visit([&](auto held) { return put(held); }, number);
    }

    bool open_object() {
        if (open_.size() >= max_depth_) return false;
        scanner_.take('{');
        put(json::value_t::object);
        json& object = target_ != nullptr ? *target_ : elements_.back();
        open_.push_back({object.get_ptr<json::object_t*>(), nullptr, 0, true});
        return true;
    }

    bool open_array() {
        if (open_.size() >= max_depth_) return false;
        scanner_.take('[');
        if (elements_.capacity() == 0) elements_.reserve(32);
        open_.push_back({nullptr, target_, elements_.size(), true});
        return true;
    }

    // The next member of the open object, or its end.
    bool member() {
        Open& open = open_.back();
        if (scanner_.take('}')) {
            open_.pop_back();
            return true;
        }
        if (!open.fresh && !scanner_.take(',')) return false;
        open.fresh = false;
        std::string_view name;
        if (scanner_.peek() != '"' || !scanner_.string(name, room_) || !scanner_.take(':'))
            return false;
        json::object_t& object = *open.object;
        const std::size_t before = object.size();
        const auto at = object.emplace_hint(object.end(), std::piecewise_construct,
                                            std::forward_as_tuple(name), std::forward_as_tuple());
        if (object.size() == before) return false;  // a second one of this name
        target_ = &at->second;
        return value();
    }

    bool element() {
        Open& open = open_.back();
        if (scanner_.take(']')) return close_array();
        if (!open.fresh && !scanner_.take(',')) return false;
        open.fresh = false;
        target_ = nullptr;
        return value();
    }

    bool close_array() {
        const Open array = open_.back();
        open_.pop_back();
        const auto first = elements_.begin() + static_cast<std::ptrdiff_t>(array.first);
        json::array_t whole(std::make_move_iterator(first),
                            std::make_move_iterator(elements_.end()));
        elements_.erase(first, elements_.end());
        target_ = array.target;
        return put(std::move(whole));
    }

    JsonScanner scanner_;
    const std::size_t max_depth_;
    json* target_;  // of the next value; null: an element
    std::vector<Open> open_;
    std::vector<json> elements_;
    std::string room_;
};

}  // namespace

bool build_json(std::string_view text, std::size_t max_depth, json& out) {
    return Builder(text, max_depth, out).build();
}

}  // namespace troika::data::detail

#pragma once

#include <troika/config/secret.hpp>
#include <troika/data/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::config {

// How a word from the environment or the command line is understood.
enum class Wording {
    literal,       // true, 8080, 0.5: as JSON would write it
    word,          // text, an enumerator, a duration, a size, a path: as it is
    literal_list,  // 1,2,3 or [1, 2, 3]
    word_list,     // a,b,c or ["a", "b"]
    json           // anything else
};

// One value that can be set: a member of a described struct that is not a section itself.
struct Setting {
    std::string path;  // server.port
    std::string help;
    std::string type;  // for people: "duration", "one of text, json"
    Wording wording = Wording::json;
    bool flag = false;  // a bool: its flag needs no value
    bool secret = false;
    bool reloadable = false;  // takes effect without a restart
    std::string default_json;
    std::string source = "default";
    std::function<void(const nlohmann::json&)> assign;  // throws data::DecodeError
    std::function<std::string()> show;                  // the value as JSON, a secret masked
    std::function<std::string()> exact;                 // the same with the secret, to compare
    // As JSON what is used instead, while the value leaves it to us ("0: ..."); may be empty.
    std::function<std::optional<std::string>()> in_use;
    std::function<Setting()> detach;  // the same setting with a value of its own, the default

    // TROIKA_SERVER__PORT
    std::string variable() const;
};

namespace detail {

template <typename T>
struct Unwrap {
    using type = T;
};
template <typename T>
struct Unwrap<std::optional<T>> {
    using type = T;
};

template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <typename T>
constexpr Wording wording() {
    using U = typename Unwrap<T>::type;
    if constexpr (std::same_as<U, bool> || data::Integer<U> || std::floating_point<U>) {
        return Wording::literal;
    } else if constexpr (std::same_as<U, std::string> || data::DescribedEnum<U> ||
                         data::TextForm<U> || data::PathLike<U> || data::detail::is_duration<U>) {
        return Wording::word;
    } else if constexpr (is_vector<U>) {
        constexpr Wording element = wording<typename U::value_type>();
        return element == Wording::literal ? Wording::literal_list
               : element == Wording::word  ? Wording::word_list
                                           : Wording::json;
    } else {
        return Wording::json;
    }
}

template <typename T>
std::string type_name() {
    using U = typename Unwrap<T>::type;
    if constexpr (std::same_as<U, bool>) {
        return "true or false";
    } else if constexpr (data::Integer<U>) {
        return "integer";
    } else if constexpr (std::floating_point<U>) {
        return "number";
    } else if constexpr (data::detail::is_duration<U>) {
        return "duration";
    } else if constexpr (std::same_as<U, data::ByteSize>) {
        return "size";
    } else if constexpr (data::PathLike<U>) {
        return "path";
    } else if constexpr (std::same_as<U, Secret>) {
        return "secret";
    } else if constexpr (wording<U>() == Wording::word && !data::DescribedEnum<U>) {
        return "text";
    } else if constexpr (data::DescribedEnum<U>) {
        std::string out = "one of";
        for (const std::string_view name : data::detail::kEnumerators<U>.first)
            out.append(out.size() == 6 ? " " : ", ").append(name);
        return out;
    } else if constexpr (is_vector<U>) {
        return "list of " + type_name<typename U::value_type>();
    } else {
        return "JSON";
    }
}

template <typename T>
std::string exact_text(const T& value) {
    if constexpr (std::same_as<T, Secret>) {
        return value.reveal();
    } else if constexpr (std::same_as<T, std::optional<Secret>>) {
        return value ? "set " + value->reveal() : std::string();
    } else {
        return data::to_json(value);
    }
}

// `owner` keeps `value` alive, where nobody else does.
template <typename M>
Setting make_setting(const std::string& path, M& value, std::shared_ptr<M> owner = nullptr) {
    Setting setting;
    setting.path = path;
    setting.type = type_name<M>();
    setting.wording = wording<M>();
    setting.flag = std::same_as<typename Unwrap<M>::type, bool>;
    setting.secret = std::same_as<typename Unwrap<M>::type, Secret>;
    setting.assign = [&value, owner](const nlohmann::json& json) {
        value = data::from_json_value<M>(json);
    };
    setting.show = [&value, owner] { return data::to_json(value); };
    setting.exact = [&value, owner] { return exact_text(value); };
    setting.detach = [path, initial = value] {
        auto own = std::make_shared<M>(initial);
        M& copy = *own;
        return make_setting<M>(path, copy, std::move(own));
    };
    setting.default_json = setting.show();
    return setting;
}

// Appends the settings below `path`, one for each member that is not itself a described struct.
template <typename T>
void collect(std::vector<Setting>& out, const std::string& path, T& object) {
    boost::mp11::mp_for_each<data::detail::Members<T>>([&](auto member) {
        auto& value = object.*member.pointer;
        using M = std::remove_cvref_t<decltype(value)>;
        const std::string name = path + "." + member.name;
        if constexpr (data::Described<M> && !data::TextForm<M>) {
            collect(out, name, value);
        } else {
            out.push_back(make_setting<M>(name, value));
        }
    });
}

}  // namespace detail
}  // namespace troika::config

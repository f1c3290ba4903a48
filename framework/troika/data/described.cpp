#include <troika/data/described.hpp>
#include <troika/data/nearest.hpp>

#include <set>

namespace troika::data::detail {
namespace {

std::string hint(std::string_view found, std::span<const std::string_view> names) {
    const std::string_view near = nearest(found, names);
    return near.empty() ? std::string() : " (nearest: \"" + std::string(near) + "\")";
}

std::string one_of(std::span<const std::string_view> names) {
    std::string text = "one of";
    for (const std::string_view name : names) {
        text += text.size() == 6 ? " " : ", ";
        text += name;
    }
    return text;
}

// Which fields have come; without an allocation for the first 64.
class SeenFields {
  public:
    explicit SeenFields(std::size_t fields) : many_(fields > kFew ? fields - kFew : 0) {}

    bool contains(std::size_t field) const {
        return field < kFew ? (few_ >> field & 1) != 0 : many_[field - kFew];
    }
    // False if it was there.
    bool insert(std::size_t field) {
        if (contains(field)) return false;
        if (field < kFew)
            few_ |= std::uint64_t{1} << field;
        else
            many_[field - kFew] = true;
        return true;
    }

  private:
    static constexpr std::size_t kFew = 64;
    std::uint64_t few_ = 0;
    std::vector<bool> many_;
};

[[noreturn]] void fail_unknown(Reader& reader, std::span<const Field> fields,
                               std::string_view name) {
    std::vector<std::string_view> names;
    for (const Field& field : fields) names.push_back(field.name);
    reader.fail("a known member" + hint(name, names), "the unknown member " + excerpt(name));
}

}  // namespace

void read_fields(Reader& reader, std::span<const Field> fields, void* object) {
    SeenFields seen(fields.size());
    std::set<std::string_view> unknown;
    if (reader.kind() != Kind::object) reader.fail("an object");
    reader.enter_object();
    std::size_t guess = 0;  // writers keep the order of the description
    for (std::string_view name; reader.next_member(name);) {
        std::size_t i = guess;
        if (i >= fields.size() || fields[i].name != name) {
            for (i = 0; i < fields.size() && fields[i].name != name;) ++i;
        }
        if (i == fields.size()) {
            if (reader.options().unknown_members == UnknownMembers::reject)
                fail_unknown(reader, fields, name);
            if (!unknown.insert(name).second)
                reader.fail("each member once", "another " + excerpt(name));
            reader.skip();
            continue;
        }
        if (!seen.insert(i)) reader.fail("each member once", "it a second time");
        guess = i + 1;
        fields[i].read(reader, object);
    }
    if (reader.options().missing_members == MissingMembers::keep_default) return;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (seen.contains(i) || fields[i].may_be_absent) continue;
        reader.fail("the member \"" + std::string(fields[i].name) + "\"", "an object without it");
    }
}

void write_fields(Writer& writer, std::span<const Field> fields, const void* object) {
    std::size_t present = 0;
    for (const Field& field : fields) present += !field.absent(object);
    writer.begin_object(present);
    for (const Field& field : fields) {
        if (field.absent(object)) continue;
        writer.key(field.name);
        field.write(writer, object);
    }
    writer.end_object();
}

void fail_enumerator(Reader& reader, std::span<const std::string_view> names) {
    reader.fail(one_of(names));
}

void fail_enumerator(Reader& reader, std::span<const std::string_view> names,
                     std::string_view found) {
    reader.fail(one_of(names) + hint(found, names), "the text " + excerpt(found));
}

void fail_text(Reader& reader, std::string_view expected, std::string_view found) {
    reader.fail(std::string(expected), "the text " + excerpt(found));
}

}  // namespace troika::data::detail

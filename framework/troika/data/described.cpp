#include <troika/data/described.hpp>
#include <troika/data/nearest.hpp>

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

[[noreturn]] void fail_unknown(Reader& reader, std::span<const Field> fields,
                               std::string_view name) {
    std::vector<std::string_view> names;
    for (const Field& field : fields) names.push_back(field.name);
    reader.fail("a known member" + hint(name, names), "the unknown member " + excerpt(name));
}

}  // namespace

void read_fields(Reader& reader, std::span<const Field> fields, void* object) {
    std::vector<bool> seen(fields.size());
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
            reader.skip();
            continue;
        }
        if (seen[i]) reader.fail("each member once", "it a second time");
        seen[i] = true;
        guess = i + 1;
        fields[i].read(reader, object);
    }
    if (reader.options().missing_members == MissingMembers::keep_default) return;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (seen[i] || fields[i].may_be_absent) continue;
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

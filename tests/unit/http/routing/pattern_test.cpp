#include <troika/base/error.hpp>
#include <troika/http/routing/detail/pattern.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using http::detail::parse_pattern;
using http::detail::PatternPart;

namespace {

std::string shape(std::string_view pattern) {
    std::string text;
    for (const PatternPart& part : parse_pattern(pattern)) {
        const char kind = part.kind == PatternPart::Kind::literal     ? 'l'
                          : part.kind == PatternPart::Kind::parameter ? 'p'
                                                                      : 'r';
        text += std::string(1, kind) + ":" + part.text + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("a pattern is literals, {parts} and perhaps a {rest*}") {
    CHECK(shape("/") == "l: ");
    CHECK(shape("/documents/{id}") == "l:documents p:id ");
    CHECK(shape("/files/{folder_1}/{path*}") == "l:files p:folder_1 r:path ");
    CHECK(shape("/a/") == "l:a l: ");
    CHECK(shape("/a b/\xc3\xa4") == "l:a b l:\xc3\xa4 ");
}

TEST_CASE("a malformed pattern is refused, naming it and what is wrong") {
    const auto refused = [](const char* pattern, const char* why) {
        CHECK_THROWS_WITH(
            parse_pattern(pattern),
            Catch::StartsWith("route '" + std::string(pattern) + "'") && Catch::Contains(why));
    };
    refused("", "begins with '/'");
    refused("documents", "begins with '/'");
    refused("/a?b", "without query");
    refused("/a%20b", "without query, '#' or escapes");
    refused("/doc-{id}", "a part is a whole segment");
    refused("/{id", "a part is a whole segment");
    refused("/{}", "letters, digits and '_'");
    refused("/{a-b}", "letters, digits and '_'");
    refused("/{rest*}/more", "nothing may follow it");
    refused("/{id}/x/{id}", "{id} is there twice");
    refused("/a/../b", "no request path has a '..' segment");
}

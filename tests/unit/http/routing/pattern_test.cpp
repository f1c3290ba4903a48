#include <troika/base/error.hpp>
#include <troika/http/routing/detail/pattern.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using troika::http::detail::parse_pattern;
using troika::http::detail::PatternPart;

namespace {

// "/a/{b}/{c*}" -> "a b? c*"
std::string spelled(const char* pattern) {
    std::string text;
    for (const PatternPart& part : parse_pattern(pattern)) {
        if (!text.empty()) text += ' ';
        text += part.text.empty() ? "(empty)" : part.text;
        if (part.kind == PatternPart::Kind::parameter) text += '?';
        if (part.kind == PatternPart::Kind::rest) text += '*';
    }
    return text;
}

}  // namespace

TEST_CASE("a pattern is literals, parts in braces, and perhaps a rest") {
    CHECK(spelled("/documents") == "documents");
    CHECK(spelled("/documents/{id}/pages/{page_2}") == "documents id? pages page_2?");
    CHECK(spelled("/files/{path*}") == "files path*");
    CHECK(spelled("/{all*}") == "all*");
    CHECK(spelled("/.well-known/a b") == ".well-known a b");
}

TEST_CASE("a slash at the end is an empty literal of its own") {
    CHECK(spelled("/") == "(empty)");
    CHECK(spelled("/a/") == "a (empty)");
    CHECK(spelled("/a//b") == "a (empty) b");
}

TEST_CASE("the same word may be a literal and a part, but not two parts") {
    CHECK(spelled("/id/{id}/id") == "id id? id");
    CHECK_THROWS_WITH(parse_pattern("/{id}/{id}"), Contains("{id} is there twice"));
    CHECK_THROWS_WITH(parse_pattern("/{id}/{id*}"), Contains("{id} is there twice"));
}

TEST_CASE("a refused pattern is told what is wrong with it") {
    const auto why = [](const char* pattern) -> std::string {
        try {
            (void)parse_pattern(pattern);
            return "taken";
        } catch (const troika::Error& error) {
            return error.what();
        }
    };
    CHECK_THAT(why(""), Contains("begins with '/'"));
    CHECK_THAT(why("documents"), Contains("'documents'") && Contains("begins with '/'"));
    CHECK_THAT(why("/a?b=c"), Contains("without query"));
    CHECK_THAT(why("/a%20b"), Contains("escapes"));
    CHECK_THAT(why("/a-{id}"), Contains("whole segment") && Contains("'a-{id}'"));
    CHECK_THAT(why("/{id"), Contains("whole segment"));
    CHECK_THAT(why("/{}"), Contains("letters, digits and '_'"));
    CHECK_THAT(why("/{*}"), Contains("letters, digits and '_'"));
    CHECK_THAT(why("/{a-b}"), Contains("'a-b'"));
    CHECK_THAT(why("/{path*}/more"), Contains("{path*} takes the rest"));
    CHECK_THAT(why("/a/../b"), Contains("'..' segment"));
    CHECK_THAT(why("/./a"), Contains("'.' segment"));
}

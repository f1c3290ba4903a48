#pragma once

#include <string_view>

// What is fuzzed: each takes any bytes and aborts (TROIKA_CHECK) where a promise does not hold. Built for
// libFuzzer by ./dev fuzz, and replayed over tests/fuzz/corpus/<name> by an ordinary test.
namespace troika::fuzz {

void head(std::string_view bytes);     // requests whole and in pieces are the same requests
void chunked(std::string_view bytes);  // a body whole and in pieces is the same body
void url(std::string_view bytes);      // paths and queries: what is encoded decodes to itself
void router(std::string_view bytes);   // an escaped letter finds the same route
void headers(std::string_view bytes);  // the header table against a plain list
void frames(std::string_view bytes);   // what a broken worker may send
void fields(std::string_view bytes);   // dates, ranges, entity tags, forwarded addresses
void json(std::string_view bytes);     // read and written as nlohmann's does, whichever way

struct Target {
    std::string_view name;
    void (*run)(std::string_view);
};
inline constexpr Target kTargets[] = {{"head", head},     {"chunked", chunked}, {"url", url},
                                      {"router", router}, {"headers", headers}, {"frames", frames},
                                      {"fields", fields}, {"json", json}};

}  // namespace troika::fuzz

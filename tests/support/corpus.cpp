#include "corpus.hpp"

#include <troika/base/error.hpp>

#include <fstream>
#include <sstream>

namespace troika::testing {

namespace {

constexpr std::string_view kBetween = " | ";

// Up to the next " | ", which is taken away.
std::string take_part(std::string_view& rest) {
    const std::size_t end = rest.find(kBetween);
    if (end == std::string_view::npos) throw Error("a part is missing");
    std::string part(rest.substr(0, end));
    rest.remove_prefix(end + kBetween.size());
    return part;
}

void read_outcome(const std::string& text, CorpusCase& into) {
    const std::size_t body = text.find(" body=");
    if (body != std::string::npos) into.body = unescape(text.substr(body + 6));
    std::istringstream words(text.substr(0, body));
    for (std::string word; words >> word;) {
        if (word == "open")
            into.end = CorpusCase::End::open;
        else if (word == "silent")
            into.end = CorpusCase::End::silent;
        else if (word != "close")
            into.statuses.push_back(std::stoi(word));
    }
}

}  // namespace

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{') {
            const std::size_t star = text.find('*', i);
            const std::size_t end = text.find('}', i);
            if (star == std::string_view::npos || end == std::string_view::npos)
                throw Error("'{' without '*' and '}'");
            const int times = std::stoi(std::string(text.substr(i + 1, star - i - 1)));
            const std::string part = unescape(text.substr(star + 1, end - star - 1));
            for (int n = 0; n < times; ++n) out += part;
            i = end;
        } else if (text[i] != '\\') {
            out += text[i];
        } else {
            switch (text.at(++i)) {
                case 'r': out += '\r'; break;
                case 'n': out += '\n'; break;
                case 't': out += '\t'; break;
                case '\\': out += '\\'; break;
                case 'x':
                    out += static_cast<char>(
                        std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
                    i += 2;
                    break;
                default: throw Error("an escape that is none");
            }
        }
    }
    return out;
}

std::vector<CorpusCase> read_corpus(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw Error("cannot read " + path);
    std::vector<CorpusCase> cases;
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        if (line.empty() || line.front() == '#') continue;
        try {
            std::string_view rest = line;
            CorpusCase one;
            one.name = take_part(rest);
            one.source = take_part(rest);
            read_outcome(take_part(rest), one);
            one.bytes = unescape(rest);
            cases.push_back(std::move(one));
        } catch (const std::exception& error) {
            throw Error(path + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    return cases;
}

}  // namespace troika::testing

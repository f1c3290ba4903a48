#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace archive {

struct DocumentInfo {
    std::int64_t id = 0;       // grows with every document and is never given twice
    std::string content_type;  // as the client sent it
    std::int64_t size = 0;     // bytes
    std::string created;       // RFC 3339, UTC, milliseconds
};
BOOST_DESCRIBE_STRUCT(DocumentInfo, (), (id, content_type, size, created))

struct Document {
    DocumentInfo info;
    std::string content;
};

// One page of the archive, newest first.
struct DocumentPage {
    std::vector<DocumentInfo> documents;
    std::optional<std::string> next;  // target of the page after this one, if there is one
};
BOOST_DESCRIBE_STRUCT(DocumentPage, (), (documents, next))

}  // namespace archive

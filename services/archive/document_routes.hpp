#pragma once

#include "documents.hpp"

#include <troika/async/task.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <cstdint>
#include <string>

namespace archive {

// What the archive answers about documents. README.md describes each route.
//
//   Lifetime      Not longer than its Documents.
//   Threads       add, list, show and remove block: on a thread. digest and statistics: on the
//                 loop; they load on a thread and compute in a worker process.
//   Errors        HttpError: 400, 404, 503 (locked by another program, or its file
//                 is lost), 507 (full).
class DocumentRoutes final {
  public:
    explicit DocumentRoutes(Documents& documents) noexcept : documents_(documents) {}

    troika::Response add(troika::Request& request);
    troika::Response list(troika::Request& request);
    troika::Response show(troika::Request& request);
    troika::Response remove(troika::Request& request);

    troika::Task<troika::Response> digest(troika::Request& request);
    troika::Task<troika::Response> statistics(troika::Request& request);

  private:
    Document load(std::int64_t id);

    Documents& documents_;
};

// POST /digest: the digest of the body, which is not stored. For a worker process.
troika::Response digest_body(const troika::Request& request);

}  // namespace archive

#pragma once

#include "documents.hpp"
#include "load_budget.hpp"

#include <troika/async/flow.hpp>
#include <troika/async/task.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace archive {

// What the archive answers about documents. README.md describes each route.
//
//   Lifetime      Not longer than its Documents.
//   Threads       add, list and remove block: on a thread. list_all, show, digest and statistics: on
//                 the loop; they load on a thread, and compute in a worker process.
//   Errors        HttpError: 400, 404, 503 (locked by another program, its file is lost, or no
//                 room to load a document), 507 (full).
//   Memory        A loaded document has its share of the LoadBudget until its answer is written or
//                 its job has ended, or they are given up. list_all holds one page, however many
//                 documents there are.
class DocumentRoutes final {
  public:
    DocumentRoutes(Documents& documents, LoadBudgetOptions budget)
        : documents_(documents), budget_(budget) {}

    troika::Response add(troika::Request& request);
    troika::Response list(troika::Request& request);
    troika::Response remove(troika::Request& request);

    troika::Task<troika::Response> list_all(troika::Request& request);
    troika::Task<troika::Response> show(troika::Request& request);
    troika::Task<troika::Response> digest(troika::Request& request);
    troika::Task<troika::Response> statistics(troika::Request& request);

    const LoadBudget& budget() const noexcept { return budget_; }
    // Lines that list_all gave so far, to all clients.
    std::uint64_t listed() const noexcept { return listed_; }

  private:
    using Infos = std::vector<DocumentInfo>;
    struct Loaded {
        LoadBudget::Share share;  // goes last
        Document document;
    };

    troika::Task<Loaded> load(std::int64_t id);
    troika::Task<LoadBudget::Share> take_share(std::size_t bytes);
    Document find(std::int64_t id, std::size_t longest);

    troika::Task<Infos> page_before(std::int64_t before);
    troika::Flow<DocumentInfo> every_document(Infos page);

    Documents& documents_;
    LoadBudget budget_;
    std::uint64_t listed_ = 0;
};

// POST /digest: the digest of the body, which is not stored. For a worker process.
troika::Response digest_body(const troika::Request& request);

}  // namespace archive

#pragma once

namespace troika::workers::detail {

// Folds the large, filled parts of this process's private memory into huge pages, so that a fork has a
// five-hundredth of the entries to copy: with 1 GB, most of what making a worker takes. What a worker
// then writes to is copied 4 KB at a time as ever. Without effect where the kernel cannot
// (MADV_COLLAPSE, Linux 6.1) or has no huge pages left. Takes as long as copying that memory.
void fold_into_huge_pages() noexcept;

}  // namespace troika::workers::detail

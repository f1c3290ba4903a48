#pragma once

#include <troika/async/map.hpp>

#include <cstddef>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika::workers {

namespace detail {

// Runs one item of a map on a pool. A tuple is unpacked into the function's arguments, like starmap.
template <typename Pool, typename F, typename Item>
auto run_mapped(Pool& pool, const F& function, const Item& item) {
    constexpr bool takes_item =
        std::is_invocable_v<F&, Item> || std::is_invocable_v<F&, std::stop_token, Item>;
    if constexpr (takes_item) {
        return pool.run(function, item);
    } else {
        return std::apply([&](const auto&... parts) { return pool.run(function, parts...); }, item);
    }
}

}  // namespace detail

// map() and map_settled() of async/map.hpp over a pool that has run(function, arguments...): order,
// errors and limits are told there.
//
//   Cancellation  Cancels what is under way by the pool's rules, then throws Cancelled.
template <typename Pool>
class PoolMap {
  public:
    template <typename Item, typename F>
    auto map(std::vector<Item> items, F function, std::size_t limit = 0) {
        return troika::map(std::move(items), runner(std::move(function)), limit);
    }

    template <typename Item, typename F>
    auto map_settled(std::vector<Item> items, F function, MapOptions options = {}) {
        return troika::map_settled(std::move(items), runner(std::move(function)), options);
    }

  private:
    template <typename F>
    auto runner(F function) {
        return [this, function = std::move(function)](const auto& item) {
            return detail::run_mapped(static_cast<Pool&>(*this), function, item);
        };
    }
};

}  // namespace troika::workers

#include <troika/app/with_json.hpp>
struct Order {
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(Order, (), (count))
troika::Task<int> later(const Order& order) { co_return order.count; }
void use(const troika::Request& request) { (void)troika::with_json<Order>(request, later); }

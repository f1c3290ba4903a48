#include <troika/data/binary.hpp>
struct Holder {
    int* pointer = nullptr;
};
BOOST_DESCRIBE_STRUCT(Holder, (), (pointer))
int main() { return static_cast<int>(troika::data::encode(Holder{}).size()); }

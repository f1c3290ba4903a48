#include <troika/data/binary.hpp>
int main() {
    int seen = 0;
    const auto lambda = [&seen] { ++seen; };
    (void)troika::data::decode<decltype(lambda)>({});
}

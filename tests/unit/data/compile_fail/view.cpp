#include <troika/data/binary.hpp>
int main() { return static_cast<int>(troika::data::encode(std::string_view("x")).size()); }

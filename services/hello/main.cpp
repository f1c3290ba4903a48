#include "hello.hpp"

#include <troika/app/run.hpp>

int main(int argc, char** argv) { return troika::run(argc, argv, hello::configure); }

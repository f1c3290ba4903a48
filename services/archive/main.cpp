#include "archive.hpp"

#include <troika/app/run.hpp>

int main(int argc, char** argv) { return troika::run(argc, argv, archive::configure); }

// The precompiled header of the tests: that of the library, and Catch2.
#include "../../framework/cmake/pch.hpp"

#include <catch2/catch.hpp>

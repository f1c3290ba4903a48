#include <troika/workers/detail/spin_gate.hpp>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using troika::workers::detail::SpinGate;

namespace {
// How many of `waits` waits of `gap` begin with spinning 30 us.
int spins(SpinGate& gate, std::chrono::microseconds gap, int waits) {
    int count = 0;
    for (int i = 0; i < waits; ++i) {
        if (gate.open()) {
            ++count;
            gap <= 30us ? gate.found() : gate.missed();
        }
        gate.waited(gap);
    }
    return count;
}
}  // namespace

TEST_CASE("waits shorter than the spin are spun through, long ones never begin with it") {
    SpinGate gate(30us);
    CHECK(spins(gate, 10us, 1000) == 999);  // the first one does not know yet
    CHECK(spins(gate, 1000us, 1000) == 1);
    CHECK(spins(gate, 10us, 1000) > 900);
}

TEST_CASE("steady gaps just beyond the spin cost one spin in 64 waits") {
    SpinGate gate(30us);
    CHECK(spins(gate, 100us, 6400) < 110);
}

TEST_CASE("without time to spin the gate is closed") {
    SpinGate gate(0us);
    CHECK(spins(gate, 0us, 100) == 0);
}

TEST_CASE("where others want the CPU spinning stops for a thousand waits") {
    SpinGate gate(30us);
    CHECK(spins(gate, 10us, 10) == 9);
    REQUIRE(gate.open());
    gate.disturbed();
    CHECK(spins(gate, 10us, 1023) == 0);
    CHECK(spins(gate, 10us, 10) == 10);
}

TEST_CASE(
    "each try in vain where others want the CPU is followed by a longer pause, to 65535 waits") {
    SpinGate gate(30us);
    gate.waited(10us);
    const auto pause_after_disturbance = [&gate] {
        gate.disturbed();
        int pause = 0;
        while (!gate.open()) ++pause;
        return pause;
    };
    CHECK(pause_after_disturbance() == 1023);
    CHECK(pause_after_disturbance() == 2047);
    for (int i = 0; i < 4; ++i) pause_after_disturbance();
    CHECK(pause_after_disturbance() == 65535);
    CHECK(pause_after_disturbance() == 65535);
    gate.found();  // they are gone
    REQUIRE(gate.open());
    CHECK(pause_after_disturbance() == 1023);
}

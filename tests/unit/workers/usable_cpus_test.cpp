#include "temporary_folder.hpp"

#include <troika/workers/usable_cpus.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;
using troika::workers::usable_cpus;

namespace {

struct FakeRoot {
    void write(const fs::path& name, const std::string& text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
    }
    troika::testing::TemporaryFolder folder;
    fs::path path = folder.path();
};

}  // namespace

TEST_CASE("without a quota every CPU this process may run on is usable") {
    const FakeRoot root;
    CHECK(usable_cpus(root.path) >= 1);
    root.write("proc/self/cgroup", "0::/service\n");
    root.write("sys/fs/cgroup/service/cpu.max", "max 100000\n");
    CHECK(usable_cpus(root.path) == usable_cpus("/nonexistent"));
}

TEST_CASE("a quota below one CPU leaves one worker") {
    const FakeRoot root;
    root.write("proc/self/cgroup", "0::/pod/service\n");
    root.write("sys/fs/cgroup/pod/service/cpu.max", "50000 100000\n");
    CHECK(usable_cpus(root.path) == 1);
}

TEST_CASE("the strictest quota between a group and the top counts, in both cgroup versions") {
    const FakeRoot root;
    root.write("proc/self/cgroup", "0::/pod/service\n");
    root.write("sys/fs/cgroup/pod/cpu.max", "100000 100000\n");
    root.write("sys/fs/cgroup/pod/service/cpu.max", "800000 100000\n");
    CHECK(usable_cpus(root.path) == 1);
    const FakeRoot old;
    old.write("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/pod\n");
    old.write("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "100000\n");
    old.write("sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n");
    CHECK(usable_cpus(old.path) == 1);
}

TEST_CASE("a quota of one and a half CPUs, or of two, leaves two workers where there are as many") {
    if (usable_cpus("/nonexistent") < 2) {
        WARN("skipped: this process may run on one CPU only");
        return;
    }
    const std::string quota = GENERATE("150000 100000", "200000 100000");
    const FakeRoot root;
    root.write("proc/self/cgroup", "0::/pod\n");
    root.write("sys/fs/cgroup/pod/cpu.max", quota + "\n");
    CHECK(usable_cpus(root.path) == 2);
}

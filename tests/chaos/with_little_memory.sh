#!/bin/sh
# with_little_memory.sh MEGABYTES CHAOS [ARGUMENTS...]: chaos in a memory cgroup of its own, as in a
# container with a limit, with jobs that want more than there is: the kernel kills. 77 where no such
# group may be made.
megabytes=$1
shift
skip() {
    echo "skipped: $1"
    exit 77
}
if [ -d /sys/fs/cgroup/memory ]; then  # version 1
    group=/sys/fs/cgroup/memory/troika-chaos-$$ limit=memory.limit_in_bytes kills=memory.oom_control
else
    grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null ||
        skip "no memory cgroup may be made here"
    group=/sys/fs/cgroup/troika-chaos-$$ limit=memory.max kills=memory.events
fi
mkdir "$group" 2>/dev/null || skip "no memory cgroup may be made here"
trap 'rmdir "$group"' EXIT
echo $((megabytes << 20)) 2>/dev/null >"$group/$limit" || skip "no memory limit may be set here"
(
    sh -c 'echo $PPID' >"$group/cgroup.procs" || exit 77
    exec "$@" --hungry "$group/$kills"
)
status=$?
# Killed processes leave the group a moment after their end.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -z "$(cat "$group/cgroup.procs")" ] && break
    sleep 0.1
done
exit $status

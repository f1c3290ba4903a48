#!/bin/sh
# as_process_one.sh TEST [ARGUMENTS...]: the test as PID 1 of a namespace of its own, as in a container
# without an init. 77 where that is not allowed.
new_namespace="unshare --pid --fork --mount-proc --kill-child"
if ! $new_namespace true 2>/dev/null; then
    echo "skipped: no PID namespace may be made here"
    exit 77
fi
exec $new_namespace "$@"

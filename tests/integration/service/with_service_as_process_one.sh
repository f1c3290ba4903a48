#!/bin/sh
# with_service_as_process_one.sh TEST [ARGUMENTS...]: the test, whose services are PID 1 of a namespace each, as
# in a container without an init. 77 where that is not allowed.
if ! unshare -pf --kill-child --mount-proc true 2>/dev/null; then
    echo "skipped: no PID namespace may be made here"
    exit 77
fi
TROIKA_TEST_AS_PROCESS_ONE=1 exec "$@"

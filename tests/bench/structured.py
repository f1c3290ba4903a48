"""Structured concurrency beside Python's asyncio, and what the loop guard costs."""

import subprocess
import sys

from row import Row

OPERATIONS = (  # name in both programs, what it is, unit, how many units of theirs make one, target
    ("bytes_per_sleeping_task", "bytes / sleeping task, 100,000 of them", "B", 1, 1024),
    ("spawn_and_join", "spawn + join", "ns", 1, 200),
    ("acquire", "semaphore acquire, free", "ns", 1, None),
    ("acquire_contended", "semaphore acquire, two take turns", "ns", 1, None),
    ("put_and_get", "channel put + get", "ns", 1, None),
    ("gather_of_1000", "gather of 1,000 ready tasks", "us", 1000, None),
)


def _figures(command):
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True).stdout
    return {name: float(value) for name, value in map(str.split, text.splitlines())}


def async_(bench):
    """tasks, semaphores, channels, gather beside python3's asyncio (the reference), and the loop guard"""
    ours = _figures([bench.tool("async_operations")])
    theirs = _figures([sys.executable, __file__.replace("structured.py", "asyncio_operations.py")])
    version = ".".join(map(str, sys.version_info[:3]))
    for name, what, unit, divisor, target in OPERATIONS:
        yield Row(what, ours[name] / divisor, unit, theirs[name] / divisor, target)
    yield Row("loop guard, share of an echo load's CPU", ours["guard_percent"], "%", target=1,
              note=f"measured with {ours['guard_denser']:.0f} times its probes, which add "
                   f"{ours['guard_percent_denser']:.2f} %; the reference above is asyncio of Python {version}")

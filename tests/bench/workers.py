"""What leaving the loop costs, beside the kernel's own price and Python's executors, in one run."""

import asyncio
import concurrent.futures
import re
import statistics
import subprocess
import sys
import time

from process import Unavailable
from row import Row

ROUND_TRIPS = 2000
JOBS = 20000
IN_FLIGHT = 64
PAYLOAD = "x" * 256


def echo(text):
    return text


def _figures(command):
    """{line before its first two blanks: number} of what a bench executable prints."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    found = {}
    for line in result.stdout.splitlines():
        parsed = re.match(r"(.*?)\s{2,}([\d.]+) ", line + " ")
        if parsed:
            found[parsed[1]] = float(parsed[2])
    return found


async def _through(executor):
    """(median seconds of one call, calls a second with IN_FLIGHT under way)."""
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(ROUND_TRIPS):
        begin = time.perf_counter()
        await loop.run_in_executor(executor, echo, PAYLOAD)
        times.append(time.perf_counter() - begin)

    async def caller(calls):
        for _ in range(calls):
            await loop.run_in_executor(executor, echo, PAYLOAD)

    begin = time.perf_counter()
    await asyncio.gather(*(caller(JOBS // IN_FLIGHT) for _ in range(IN_FLIGHT)))
    return statistics.median(times), JOBS / (time.perf_counter() - begin)


def _python():
    """The same calls through Python's executors, in a process of their own."""
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        threads = asyncio.run(_through(executor))
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        processes = asyncio.run(_through(executor))
    return threads, processes


def workers(bench):
    """to_thread and to_process beside a socketpair, a condition variable and Python's executors"""
    ours = _figures([bench.tool("bench_workers")])
    plain = _figures([bench.tool("bench_workers"), "no-spin"])
    raw = _figures([bench.tool("bench_offload_reference")])
    python = subprocess.run([sys.executable, "-B", __file__], capture_output=True, text=True, check=False)
    if python.returncode != 0:
        raise Unavailable(f"Python's executors: {python.stderr.strip().splitlines()[-1]}")
    thread_trip, thread_rate, process_trip, process_rate = map(float, python.stdout.split())

    def find(figures, beginning):
        return next(value for name, value in figures.items() if name.startswith(beginning))

    def rows(what, unit, key, scale, reference, theirs, target, at_least):
        note = f"without spinning {find(plain, key):.1f}, Python {theirs * scale:.1f} {unit}"
        return Row(what, find(ours, key), unit, find(raw, reference[0]) * reference[1], target,
                   at_least=at_least, note=note)

    yield rows("to_thread, round trip", "us", "to_thread, round trip", 1e6,
               ("condition variable between", 1), thread_trip, 20, False)
    yield rows("to_thread, 64 in flight on 4 threads", "k/s", "to_thread, 64", 1e-3,
               ("condition variable, 64", 1e-3), thread_rate, 300, True)
    yield rows("to_process, 256 bytes, round trip", "us", "to_process, 256 bytes, round", 1e6,
               ("socketpair between", 1), process_trip, 25, False)
    yield rows("to_process, 64 in flight on 2 workers", "k/s", "to_process, 256 bytes, 64", 1e-3,
               ("socketpair, 64", 1e-3), process_rate, 100, True)
    one = find(ours, "primes to 10,000,000 on one worker")
    for name, value in ours.items():
        many = re.match(r"primes to 10,000,000 on (\d+) workers", name)
        if many:
            share = find(ours, "as fast, for each worker") / 100
            yield Row(f"{name}, as a share of {many[1]} x one", share, "", target=0.95, at_least=True, note=f"{one:.0f} ms on one, {value:.0f} ms on {many[1]}")
    yield Row("a result of 64 MB, made and received", find(ours, "a result of 64 MB"), "ms",
              find(ours, "64 MB copied once"))
    for memory, target in (("", 10), (", 100 MB preloaded", 10), (", 1100 MB preloaded", 18)):
        row = f"a killed worker's replacement is ready{memory}"
        yield Row(row, ours[row], "ms", target=target)
    lag = _figures([bench.tool("bench_loop_lag")])
    for what, elsewhere, here, target in (
            ("20 pages fetched and counted", "in workers", "on the loop", 5),
            ("20 MB of JSON", "by with_json()", "by Request::json()", None)):
        ours_name, theirs_name = (f"loop lag, {what} {where}" for where in (elsewhere, here))
        spread = "; ".join(f"{where}: half {lag[name + ', 50 %']:.2f}, longest {lag[name + ', longest']:.1f} ms"
                           for where, name in ((elsewhere, ours_name), (here, theirs_name)))
        yield Row(f"{ours_name}, 99 %", lag[f"{ours_name}, 99 %"], "ms", lag[f"{theirs_name}, 99 %"], target,
                  note=f"the reference is the same {here}; {spread}")
    wait = "a waking worker waits for a busy CPU, SCHED_"
    yield Row("a waking worker lets whoever runs go on: its wait", find(ours, wait + "BATCH"), "us",
              find(ours, wait + "OTHER"), note="90 % of 1,000 wake-ups; the reference is SCHED_OTHER")


if __name__ == "__main__":
    print(*(number for pair in _python() for number in pair))

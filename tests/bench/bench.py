#!/usr/bin/env python3
"""bench.py --build build/release [NAME...]: measures and prints the table; `list` names the rows."""

import argparse
import os
import pathlib
import platform
import resource
import subprocess
import sys

import bodies
import compilation
import cost
import latency
import structured
import workers
from process import Unavailable
from row import Bench

FIGURES = {function.__name__.rstrip("_"): function for function in (
    cost.instructions, cost.json, cost.throughput, cost.pipelining, cost.syscalls, cost.idle_memory, cost.idle,
    cost.drip, bodies.json_reply, bodies.megabytes, bodies.gigabytes, latency.fixed_rate, latency.latency,
    latency.concurrent_delay, latency.crowd, latency.start_stop, latency.replacement, latency.kills, latency.scaling, workers.workers,
    structured.async_, compilation.handler_compile, compilation.whole_tree)}

GROUPS = {"http": ("instructions", "syscalls", "throughput", "pipelining", "json_reply", "json", "megabytes",
                   "gigabytes", "idle_memory", "drip", "crowd", "fixed_rate")}


def executables(build):
    found = pathlib.Path(build, "tests/bench").glob("bench_*")
    return {path.name: path for path in sorted(found) if path.is_file() and os.access(path, os.X_OK)}


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def print_row(row):
    ratio = row.value / row.reference if row.reference else None
    judged = ratio if row.of_ratio else row.value
    target = verdict = ""
    if row.target is not None:
        target = f"{'>=' if row.at_least else '<='} {number(row.target)}{'x' if row.of_ratio else ''}"
        if judged is not None:
            met = judged >= row.target if row.at_least else judged <= row.target
            verdict = "met" if met else "MISSED"
    columns = f"{row.what:<50}{number(row.value) + ' ' + row.unit:>14}{number(row.reference):>11}"
    columns += f"{number(ratio) + 'x' if ratio else '':>8}{target:>11} {verdict}"
    print(columns.rstrip() + (f"\n    {row.note}" if row.note else ""), flush=True)


def heading():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                if line.startswith("model name")), platform.machine())
    print(f"{cpu}, {os.cpu_count()} processors, Linux {platform.release()}")
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"Load average {busy:.1f}: something else is running, and every time below shows it.")
    print()
    print(f"{'':<50}{'measured':>14}{'reference':>11}{'ratio':>8}{'target':>11}")


def run_figure(name, bench):
    try:
        for row in FIGURES[name](bench):
            print_row(row)
    except (Unavailable, OSError, subprocess.SubprocessError) as reason:
        print(f"{name}: not measured: {reason}", flush=True)
        return False
    return True


def run_executable(path):
    print(f"\n{path.name}", flush=True)
    code = subprocess.run([str(path)], stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        print(f"{path.name}: exit code {code}", flush=True)
    return code == 0


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", usage="./dev bench [list | NAME...]")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (all)")
    options = parser.parse_args()
    extra = executables(options.build)
    known = {**FIGURES, **extra}
    if options.names == ["list"]:
        for name, figure in known.items():
            print(f"{name:<28}{figure.__doc__ if callable(figure) else 'its own output'}")
        for name, members in GROUPS.items():
            print(f"{name:<28}{', '.join(members)}")
        return 0
    options.names = [each for name in options.names for each in GROUPS.get(name, (name,))]
    unknown = [name for name in options.names if name not in known]
    if unknown:
        print(f"no figure {', '.join(unknown)}; there is: {', '.join([*GROUPS, *known])}", file=sys.stderr)
        return 2

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = options.names or [name for name, figure in known.items()
                               if not getattr(figure, "only_where_named", False)]
    bench = Bench(options.build)
    complete = True
    if any(name in FIGURES for name in wanted):
        heading()
    for name in wanted:
        if name in FIGURES:
            complete = run_figure(name, bench) and complete
    for name in wanted:
        if name in extra:
            complete = run_executable(extra[name]) and complete
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())

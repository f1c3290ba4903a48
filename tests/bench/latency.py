"""How long things take: answers under load, start, stop, replacement of workers, work on all cores."""

import os
import random
import re
import signal
import subprocess
import time

import load
from process import Unavailable, get, http_connection
from row import Row


def fixed_rate(bench):
    """p50, p99, p99.9 at 70 % of each server's own peak, 1,000 connections, fixed rate"""
    results = []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            url = server.origin + "/plaintext"
            rate = load.wrk(url, 1000, 3).rate * 0.7
            results.append(load.h2load(url, int(rate * 5 // 1000 * 1000), 1000, rate))
            if name == "probe":
                note = results[0].errors or f"{results[0].rate:.0f}/s of {rate:.0f}/s asked"
    yield Row("p50 at 70 % of peak, 1,000 connections", results[0].p50 * 1e3, "ms", results[1].p50 * 1e3)
    yield Row("p99 at 70 % of peak, 1,000 connections", results[0].p99 * 1e3, "ms",
              results[1].p99 * 1e3, 5, note=note)
    yield Row("p99.9 at 70 % of peak, 1,000 connections", results[0].p999 * 1e3, "ms",
              results[1].p999 * 1e3)


def _p99_beside(server, idle, background, warm_up=1.5):
    """p99 of a loop route while these wrk commands run, with what was wrong with any answer; and of an idle
    raw loop beside them: what it costs alone that the processors are busy."""
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                 for command in background]
    try:
        time.sleep(warm_up)
        ended = [process.args[-1] for process in processes if process.poll() is not None]
        if ended:
            raise Unavailable(f"the background load ended at once: {ended}")
        result = load.h2load(server.origin + "/plaintext", 10000, 4, 2000)
        floor = load.h2load(idle.origin + "/plaintext", 10000, 4, 2000)
        notes = [result.errors, floor.errors and f"the idle loop: {floor.errors}"]
        for process in processes:
            process.send_signal(signal.SIGINT)  # wrk ends its run and reports
            notes.append(_background(process.communicate(timeout=20)[0]))
        result.errors = "; ".join(filter(None, notes))
        return result, floor
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _background(report):
    """What wrk's report says of its answers: how many, and how many of them were not 2xx."""
    answers = re.search(r"(\d+) requests in", report)
    if not answers:
        raise Unavailable(f"the background load reported nothing: {report.strip()[-200:]}")
    url = re.search(r"@ \S+?(/\S*)", report.replace("://", ""))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    sockets = re.search(r"Socket errors: (.*)", report)
    text = f"{url.group(1) if url else 'background'}: {refused.group(1) if refused else 0} of " \
           f"{answers.group(1)} answers not 2xx"
    return text + (f" ({sockets.group(1)})" if sockets else "")


def latency(bench):
    """p99 of a loop route while both pools are saturated, and while 8 clients move 64 MB"""
    with bench.start("probe") as server, bench.start("reference") as idle:
        result = load.h2load(server.origin + "/plaintext", 10000, 4, 2000)
        floor = load.h2load(idle.origin + "/plaintext", 10000, 4, 2000)
        yield Row("p99 of a loop route, nothing else", result.p99 * 1e3, "ms", floor.p99 * 1e3, note=result.errors)
        result, floor = _p99_beside(server, idle, [load.wrk_command(server.origin + "/burn/50", 16, 30),
                                                   load.wrk_command(server.origin + "/block/50", 64, 30)])
        yield Row("p99 of a loop route, both pools saturated", result.p99 * 1e3, "ms", floor.p99 * 1e3, 5,
                  note=result.errors)
        # Longer than a few rounds: memory that its host has not given to a virtual machine yet is had once,
        # at 6 ms for 2 MB.
        result, floor = _p99_beside(server, idle, [load.wrk_command(server.origin + "/echo", 8, 30, "echo.lua",
                                                                    (64 << 20,))], warm_up=8)
        yield Row("p99 of a loop route, 8 clients echo 64 MB", result.p99 * 1e3, "ms", floor.p99 * 1e3, 5,
                  note=result.errors)


def concurrent_delay(bench):
    """10,000 concurrent GET /delay/1 on one process"""
    with bench.start("probe") as server:
        before = server.threads()
        client = subprocess.Popen([bench.tool("concurrent_delay"), str(server.port), "/delay/1", "10000"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        most = before
        while client.poll() is None:
            most = max(most, server.threads())
            time.sleep(0.05)
        output, errors = client.communicate()
        if not output:
            raise Unavailable(f"concurrent_delay: {errors.strip()[-300:]}")
        _, sent, first, last, answered, failed = map(float, output.split())
        yield Row("10,000 x GET /delay/1: first to last answer", last - first, "s", target=1.5,
                  note=f"{answered:.0f} answered, {failed:.0f} failed; sent within {sent:.2f} s; "
                       f"threads {before} before, {most} at most")


def crowd(bench):
    """what a good client waits at most while 5,000 heads drip and 5,000 connections idle"""
    slow, idle = 5000, 5000
    with bench.start("probe") as server:
        before = server.cpu_seconds()
        done = subprocess.run([bench.tool("crowd"), str(server.port), "/plaintext", str(slow), str(idle), "8"],
                              capture_output=True, text=True, check=False, timeout=120)
        if not done.stdout:
            raise Unavailable(f"crowd: {done.stderr.strip()[-300:]}")
        served, failed, median, worst = map(float, done.stdout.split())
        yield Row("good client beside 5,000 slow heads and 5,000 idle: worst", worst, "ms", target=100,
                  note=f"median {median:.2f} ms; {served:.0f} served, {failed:.0f} failed; the service used "
                       f"{server.cpu_seconds() - before:.1f} s of processor time")


def start_stop(bench):
    """process start to first 200; SIGTERM with nothing in flight to the end"""
    starts, stops = [], []
    for _ in range(5):
        with bench.start("probe") as server:
            with http_connection(server) as connection:
                if get(connection, "/plaintext") != 200:
                    raise Unavailable("GET /plaintext is not a 200")
            starts.append(time.monotonic() - server.started)
            stops.append(server.stop())
    yield Row("process start to first 200, median of 5", sorted(starts)[2] * 1e3, "ms", target=50)
    yield Row("shutdown, nothing in flight, median of 5", sorted(stops)[2] * 1e3, "ms", target=100)


def replacement(bench):
    """every worker killed, then one job: what that request waits more than usual"""
    with bench.start("probe") as server, http_connection(server) as connection:
        get(connection, "/burn/1")
        usual, after = [], []
        for _ in range(5):
            begin = time.monotonic()
            get(connection, "/burn/1")
            usual.append(time.monotonic() - begin)
        for _ in range(3):
            workers = [pid for pid, name in server.tree() if name == "troika-worker"]
            if not workers:
                raise Unavailable("no process named troika-worker below the server")
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            begin = time.monotonic()
            while get(connection, "/burn/1") != 200:
                pass
            after.append(time.monotonic() - begin)
            time.sleep(11)  # longer than deaths are remembered
        yield Row("all workers killed to next job done, less the job", (sorted(after)[1] - min(usual)) * 1e3,
                  "ms", target=10)


def kills(bench):
    """a kill each 100 ms for three seconds, under load: when a job is answered with 200 again after the last"""
    # Each takes a worker there is; after so many deaths new ones come only every second. A job that ran in ten of
    # them in a row is suspended for a second, then two: its own callers wait for that, and no others.
    after, killed = [], 0
    with bench.start("probe") as server:
        load_beside = subprocess.Popen(load.wrk_command(server.origin + "/burn/20", 4, 60),
                                       stdout=subprocess.DEVNULL)
        try:
            for _ in range(3):
                for _ in range(30):
                    workers = [pid for pid, name in server.tree() if name == "troika-worker"]
                    if workers:
                        os.kill(random.choice(workers), signal.SIGKILL)
                        killed += 1
                    time.sleep(0.1)
                last = time.monotonic()
                with http_connection(server) as connection:
                    while get(connection, "/burn/1") != 200:
                        time.sleep(0.005)
                after.append(time.monotonic() - last)
                time.sleep(11)  # longer than deaths are remembered
        finally:
            load_beside.kill()
            load_beside.wait()
    yield Row("30 kills in 3 s to the next job done, worst of 3", max(after), "s", target=1,
              note=f"{killed} of 90 found a worker to kill")


def scaling(bench):
    """CPU jobs on N cores against one at a time"""
    cores = len(os.sched_getaffinity(0))
    with bench.start("probe") as server:
        one = load.wrk(server.origin + "/burn/20", 1)
        many = load.wrk(server.origin + "/burn/20", cores)
        share = many.rate / one.rate / cores
        yield Row(f"CPU jobs/s on {cores} cores, as a share of {cores} x one", share, "", target=0.95,
                  at_least=True, note=one.errors or many.errors)

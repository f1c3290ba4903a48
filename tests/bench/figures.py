"""What ./dev bench measures: each function yields rows and is named after what it measures.

A row's reference is the same measurement of the raw epoll loop in the same run.
"""

import contextlib
import dataclasses
import http.client
import os
import signal
import socket
import subprocess
import time

import load
from process import Server, Unavailable


@dataclasses.dataclass
class Row:
    what: str
    value: float
    unit: str
    reference: float = None
    target: float = None  # of the value, or of the ratio when `of_ratio`
    of_ratio: bool = False
    at_least: bool = False
    note: str = ""


class Bench:
    def __init__(self, build):
        self.build = build

    def command(self, name):
        if name == "reference":
            return [f"{self.build}/tests/bench/epoll_reference"]
        return [f"{self.build}/services/{name}/{name}", "--server.port", "0"]

    def start(self, name):
        return Server(self.command(name))

    def tool(self, name):
        path = f"{self.build}/tests/bench/{name}"
        if not os.path.exists(path):
            raise Unavailable(f"{path} is not built")
        return path


def instructions(bench):
    """user instructions per request: callgrind, 12,000 requests less 2,000"""
    def per_request(name):
        few = load.instructions(bench.command(name), "/plaintext", 2000)
        return (load.instructions(bench.command(name), "/plaintext", 12000) - few) / 10000
    yield Row("instructions / request", per_request("probe"), "", per_request("reference"), 4309)


def throughput(bench):
    """requests per second and CPU per request at 1, 64 and 1,000 connections"""
    for connections in (1, 64, 1000):
        rates, costs, notes = [], [], []
        for name in ("probe", "reference"):
            with bench.start(name) as server:
                load.wrk(server.origin + "/plaintext", connections, 1)
                before = server.cpu_seconds()
                result = load.wrk(server.origin + "/plaintext", connections)
                costs.append((server.cpu_seconds() - before) / result.requests * 1e6)
                rates.append(result.rate)
                notes.append(result.errors)
        note = " ".join(filter(None, notes))
        yield Row(f"requests/s, {connections} connections", rates[0], "/s", rates[1], note=note)
        yield Row(f"CPU / request, {connections} connections", costs[0], "us", costs[1],
                  1.25, of_ratio=True)


def pipelining(bench):
    """CPU per request, 64 connections, 16 requests a write"""
    costs = []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            before = server.cpu_seconds()
            result = load.wrk(server.origin + "/plaintext", 64, script="pipelined.lua")
            costs.append((server.cpu_seconds() - before) / result.requests * 1e6)
    yield Row("CPU / request, 16-deep pipelining", costs[0], "us", costs[1])


def syscalls(bench):
    """system calls per request, 8 connections: strace"""
    counts = []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            counts.append(load.system_calls(server, "/plaintext", 5000) / 5000)
    yield Row("system calls / request", counts[0], "", counts[1])


@contextlib.contextmanager
def _idle_connections(server, count):
    sockets = []
    try:
        for _ in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            sockets[-1].sendall(b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n")
            sockets[-1].recv(4096)
        yield
    finally:
        for one in sockets:
            one.close()


def idle_memory(bench):
    """resident bytes per keep-alive connection that has had one answer"""
    count, sizes = 5000, []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            load.h2load(server.origin + "/plaintext", 1000)
            before = server.resident_bytes()
            with _idle_connections(server, count):
                time.sleep(1)
                sizes.append((server.resident_bytes() - before) / count)
    yield Row("bytes / idle connection", sizes[0], "B", sizes[1], 2000)


def fixed_rate(bench):
    """p99 at 70 % of each server's own peak, 1,000 connections, fixed rate"""
    results = []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            url = server.origin + "/plaintext"
            rate = load.wrk(url, 1000, 3).rate * 0.7
            results.append(load.h2load(url, int(rate * 5 // 1000 * 1000), 1000, rate))
            if name == "probe":
                note = results[0].errors or f"{results[0].rate:.0f}/s of {rate:.0f}/s asked"
    yield Row("p99 at 70 % of peak, 1,000 connections", results[0].p99 * 1e3, "ms",
              results[1].p99 * 1e3, 5, note=note)


def _p99_beside(server, background):
    """p99 of a loop route while these wrk commands run."""
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                 for command in background]
    try:
        time.sleep(1.5)
        ended = [process.args[-1] for process in processes if process.poll() is not None]
        if ended:
            raise Unavailable(f"the background load ended at once: {ended}")
        return load.h2load(server.origin + "/plaintext", 10000, 4, 2000)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def latency(bench):
    """p99 of a loop route while both pools are saturated, and while 8 clients move 64 MB"""
    with bench.start("probe") as server:
        result = load.h2load(server.origin + "/plaintext", 10000, 4, 2000)
        yield Row("p99 of a loop route, nothing else", result.p99 * 1e3, "ms", note=result.errors)
        result = _p99_beside(server, [load.wrk_command(server.origin + "/burn/50", 16, 30),
                                      load.wrk_command(server.origin + "/block/50", 64, 30)])
        yield Row("p99 of a loop route, both pools saturated", result.p99 * 1e3, "ms", target=5,
                  note=result.errors)
        result = _p99_beside(server, [load.wrk_command(server.origin + "/echo", 8, 30, "echo.lua",
                                                       (64 << 20,))])
        yield Row("p99 of a loop route, 8 clients echo 64 MB", result.p99 * 1e3, "ms", target=5,
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


def idle(bench):
    """wake-ups per second of an idle service, and PSS of hello with its workers"""
    for name in ("hello", "probe"):
        with bench.start(name) as server:
            with http_connection(server) as connection:
                get(connection, "/livez")
            time.sleep(3)
            before = server.tree_switches()
            time.sleep(10)
            woken = (server.tree_switches() - before) / 10
            names = " ".join(process for _, process in server.tree())
            yield Row(f"wake-ups / s, idle {name}", woken, "", target=2, note=names)
            yield Row(f"PSS of {name}", server.tree_pss_bytes() / 1e6, "MB",
                      target=20 if name == "hello" else None)


@contextlib.contextmanager
def http_connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def get(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


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


def scaling(bench):
    """CPU jobs on N cores against one at a time"""
    cores = len(os.sched_getaffinity(0))
    with bench.start("probe") as server:
        one = load.wrk(server.origin + "/burn/20", 1)
        many = load.wrk(server.origin + "/burn/20", cores)
        share = many.rate / one.rate / cores
        yield Row(f"CPU jobs/s on {cores} cores, as a share of {cores} x one", share, "", target=0.95,
                  at_least=True, note=one.errors or many.errors)


def drip(bench):
    """CPU of a 32 KB header sent byte by byte, against the same drip into the raw loop"""
    head = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n"
    head += b"".join(b"X-Filler-%02d: %s\r\n" % (i, b"y" * 400) for i in range(72)) + b"\r\n"

    def cost(server, step, rounds):
        before = server.cpu_seconds()
        for _ in range(rounds):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for begin in range(0, len(head), step):
                    client.sendall(head[begin : begin + step])
                if b" 200 " not in client.recv(4096)[:16]:
                    raise Unavailable("a 30 KB header was not answered with 200")
        return (server.cpu_seconds() - before) / rounds

    costs = []
    for name in ("probe", "reference"):
        with bench.start(name) as server:
            whole = cost(server, len(head), 50)
            costs.append(cost(server, 1, 2))
            if name == "probe":
                note = f"{whole * 1e6:.0f} us when sent at once"
    yield Row("CPU of a 32 KB header, byte by byte", costs[0] * 1e3, "ms", costs[1] * 1e3, 10,
              of_ratio=True, note=note)


FIGURES = {function.__name__: function for function in (
    instructions, throughput, pipelining, syscalls, idle_memory, fixed_rate, latency,
    concurrent_delay, idle, start_stop, replacement, scaling, drip)}

"""What a request or a connection costs: instructions, CPU, system calls, memory, wake-ups.

Each function yields rows and is named after what it measures. A row's reference is the same
measurement of the raw epoll loop in the same run.
"""

import contextlib
import json as encoder
import socket
import tempfile
import time

import load
from process import Unavailable, get, http_connection
from row import Row


def _per_request(command, path="/plaintext", body=None):
    few = load.instructions(command, path, 2000, body)
    return (load.instructions(command, path, 12000, body) - few) / 10000


def instructions(bench):
    """user instructions per request: callgrind, 12,000 requests less 2,000"""
    yield Row("instructions / request", _per_request([bench.tool("http_plaintext"), "0"]), "",
              _per_request(bench.command("reference")), 4309)


def json(bench):
    """user instructions per 1 KB JSON document in and out, against a plaintext request"""
    command = [bench.tool("http_plaintext"), "0"]
    document = {"name": "Ada Lovelace", "active": True, "balance": 1815.12, "tags": ["a", "b", "c"],
                "items": [{"id": i, "title": f"item number {i}", "price": i + 0.5} for i in range(18)]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(encoder.dumps(document))
        file.flush()
        size = file.tell()
        posted = _per_request(command, "/json", file.name)
    yield Row("instructions / JSON POST, untyped", posted, "", _per_request(command), 3,
              of_ratio=True, note=f"{size} bytes in and out; the reference is troika's plaintext request")


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

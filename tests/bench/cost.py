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


# What a shop's client would post, compact: 1,019 bytes, 8 objects, 44 members, 12 numbers (7 of them with
# decimals), 26 texts of 2 to 153 characters, one with an accent and two with escapes. http_plaintext.cpp
# describes it as a struct.
ORDER = {
    "id": "ord_2024_00018842", "created": "2024-03-18T09:41:27Z", "status": "paid",
    "updated": "2024-03-18T09:43:02Z", "currency": "EUR",
    "customer": {"id": 90417, "name": "Zoë Lindqvist", "email": "zoe.lindqvist@example.com",
                 "newsletter": False},
    "ship_to": {"street": "Storgatan 12, lgh 1103", "city": "Uppsala", "zip": "753 31", "country": "SE"},
    "lines": [
        {"sku": "TEA-0113", "title": "Assam, loose leaf, 250 g", "quantity": 2, "price": 8.95},
        {"sku": "MUG-0042", "title": "Mug \"Polar night\", 0.4 l", "quantity": 1, "price": 14.5},
        {"sku": "KET-0007", "title": "Kettle, enamelled, 1.2 l", "quantity": 1, "price": 39.0},
        {"sku": "BIS-0210", "title": "Oat biscuits, box of 24", "quantity": 3, "price": 3.79},
    ],
    "payment": {"method": "card", "brand": "visa", "last4": "4242", "captured": True,
                "reference": "pi_3OvXq2LkdIwHu7ix0gYb"},
    "discount": None, "shipping": 4.9, "tax_rate": 0.25, "total": 87.67,
    "tags": ["gift", "first-order"],
    "note": "Please leave the parcel with the neighbour at number 14 (Ahmed) if nobody answers "
            "the door.\nThe bell does not work, so knock. Thank you and see you soon!",
}


def json(bench):
    """user instructions per 1 KB JSON document in and out and per {"message":...}, against plaintext"""
    command = [bench.tool("http_plaintext"), "0"]
    plaintext = _per_request(command)
    yield Row("instructions / JSON reply", _per_request(command, "/json"), "", plaintext,
              note="GET of {\"message\":\"Hello, World!\"}; the reference is troika's plaintext request")
    with tempfile.NamedTemporaryFile("wb", suffix=".json") as file:
        file.write(encoder.dumps(ORDER, separators=(",", ":"), ensure_ascii=False).encode())
        file.flush()
        note = f"an order of {file.tell()} bytes in and out"
        for what, path in (("untyped", "/json"), ("described struct", "/order")):
            yield Row(f"instructions / JSON POST, {what}", _per_request(command, path, file.name), "",
                      plaintext, 3, of_ratio=True, note=note)


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

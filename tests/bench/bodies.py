"""Bodies: JSON replies, a megabyte each way, a gigabyte each way in flat memory."""

import socket
import tempfile
import time

import load
from process import Unavailable
from row import Row

MEGABYTE = 1 << 20
GIGABYTE = 1 << 30


def json_reply(bench):
    """requests per second and CPU of a small JSON reply, 64 connections, against a plaintext one"""
    rates, costs = [], []
    with bench.start("probe") as server:
        for path in ("/json", "/plaintext"):
            load.wrk(server.origin + path, 64, 1)
            before = server.cpu_seconds()
            result = load.wrk(server.origin + path, 64)
            costs.append((server.cpu_seconds() - before) / result.requests * 1e6)
            rates.append(result.rate)
    yield Row("JSON replies/s, 64 connections", rates[0], "/s", rates[1], note="the reference is plaintext")
    yield Row("CPU / JSON reply", costs[0], "us", costs[1])


def megabytes(bench):
    """1 MB out, and 1 MB in and out: megabytes per second of CPU time and on the clock"""
    with bench.start("probe") as server, tempfile.NamedTemporaryFile("wb", suffix=".bin") as file:
        file.write(bytes(MEGABYTE))
        file.flush()
        for what, path, body in (("1 MB answers", f"/bytes/{MEGABYTE}", None),
                                 ("1 MB bodies, echoed", "/echo", file.name)):
            before = server.cpu_seconds()
            result = load.h2load(server.origin + path, 1000, 8, body=body,
                                 content_type="application/octet-stream")
            cpu = (server.cpu_seconds() - before) / result.requests
            yield Row(f"{what}: CPU", cpu * 1e6, "us", note=result.errors)
            yield Row(f"{what}: rate", result.rate, "/s")


def _ask(server, head):
    client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    client.sendall(head + b"Host: a\r\nConnection: close\r\n\r\n")
    return client


def gigabytes(bench):
    """1 GB streamed down, up and up in chunks: seconds, and by how much the peak of memory grew"""
    with bench.start("probe") as server:
        _ask(server, b"GET /plaintext HTTP/1.1\r\n").recv(4096)
        for what in ("down", "up", "up in chunks"):
            peak, began = server.peak_bytes(), time.monotonic()
            if what == "down":
                client = _ask(server, b"GET /bytes/%d HTTP/1.1\r\n" % GIGABYTE)
                room, moved = bytearray(MEGABYTE), 0
                while got := client.recv_into(room):
                    moved += got
            else:
                chunked = what == "up in chunks"
                framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % GIGABYTE
                client = _ask(server, b"POST /consume HTTP/1.1\r\n" + framing + b"\r\n")
                piece = bytes(MEGABYTE)
                piece = b"100000\r\n" + piece + b"\r\n" if chunked else piece
                for _ in range(GIGABYTE // MEGABYTE):
                    client.sendall(piece)
                client.sendall(b"0\r\n\r\n" if chunked else b"")
                moved = int(client.recv(4096).split(b"\r\n\r\n")[1])
            if moved < GIGABYTE:
                raise Unavailable(f"1 GB {what}: {moved} bytes arrived")
            yield Row(f"1 GB {what}", time.monotonic() - began, "s")
            yield Row(f"1 GB {what}: growth of memory", (server.peak_bytes() - peak) / 1e6, "MB", target=4)

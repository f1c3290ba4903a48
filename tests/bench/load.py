"""The load generators, each run once and its report turned into numbers."""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile

from process import Server, Unavailable

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "docker/load"
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def _tool(name, package):
    if shutil.which(name) is None:
        raise Unavailable(f"{name} is missing (apt-get install {package})")
    return name


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


@dataclasses.dataclass
class Load:
    requests: int
    seconds: float
    p99: float  # seconds
    errors: str  # empty when every answer was a 2xx
    p50: float = 0.0
    p999: float = 0.0

    @property
    def rate(self):
        return self.requests / self.seconds


def wrk_command(url, connections, seconds, script=None, arguments=()):
    command = [_tool("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", str(SCRIPTS / script)]
    return command + [url] + (["--", *map(str, arguments)] if arguments else [])


def wrk(url, connections, seconds=4, script=None, arguments=()):
    text = _run(wrk_command(url, connections, seconds, script, arguments))
    requests, time, unit = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", text).groups()
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    errors = " ".join(re.findall(r"(Non-2xx.*|Socket errors.*)", text))
    return Load(int(requests), float(time) * _UNITS[unit],
                float(p99.group(1)) * _UNITS[p99.group(2)] if p99 else 0.0, errors)


def h2load(url, requests, connections=8, rate=None, body=None, content_type="application/json"):
    """Exactly this many HTTP/1.1 requests; with a rate, that many a second over all connections.

    body: a file that each request posts, JSON unless content_type says otherwise.
    """
    with tempfile.NamedTemporaryFile("r") as log:
        command = [_tool("h2load", "nghttp2-client"), "--h1", "-t1", f"-c{connections}"]
        command += [f"-n{requests}", f"--log-file={log.name}"]
        if rate:
            command.append(f"--rps={rate / connections:.3f}")
        if body:
            command += [f"--data={body}", f"--header=content-type: {content_type}"]
        text = _run([*command, url])
        lines = [line.split() for line in log.read().splitlines()]
    time, unit = re.search(r"finished in ([\d.]+)(us|ms|s|m)", text).groups()
    good = int(re.search(r"status codes: (\d+) 2xx", text).group(1))
    times = sorted(int(line[2]) / 1e6 for line in lines if len(line) >= 3)
    p50, p99, p999 = (times[int(len(times) * part)] if times else 0.0 for part in (0.5, 0.99, 0.999))
    errors = "" if good == requests else f"{requests - good} not 2xx"
    return Load(good, float(time) * _UNITS[unit], p99, errors, p50, p999)


def instructions(command, path, requests, body=None):
    """Instructions the server process alone executes while it answers this many requests."""
    _tool("valgrind", "valgrind")
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out.%p"]
        server = Server(command, below=valgrind, patience=90)
        with server:
            load = h2load(server.origin + path, requests, body=body)
        if load.errors:
            raise Unavailable(f"under callgrind: {load.errors}")
        totals = re.search(r"^(?:totals|summary): (\d+)",
                           pathlib.Path(folder, f"out.{server.pid}").read_text(), re.M)
        return int(totals.group(1))


def system_calls(server, path, requests):
    """System calls of the server process while it answers this many requests."""
    _tool("strace", "strace")
    with tempfile.NamedTemporaryFile("r") as report:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", report.name, "-p", str(server.pid)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        first = tracer.stderr.readline()
        if "attached" not in first:
            tracer.wait()
            raise Unavailable(f"strace cannot attach: {first.strip()}")
        try:
            h2load(server.origin + path, requests)
        finally:
            tracer.send_signal(2)
            tracer.communicate(timeout=20)
        found = re.search(r"^100\.00.*?(\d+)(?:\s+\d+)? total$", report.read(), re.M)
        return int(found.group(1))

"""A server under measurement: started on a free port, read through /proc, ended by SIGTERM."""

import contextlib
import http.client
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time


class Unavailable(Exception):
    """This figure cannot be taken here; the text says what is missing."""


ADDRESS = re.compile(rb"https?://(?:\[[^\]\s]*\]|[^\s:/]*):(\d+)")


class Server:
    def __init__(self, command, below=(), patience=20):
        """command: the binary and its arguments; below: a tool that runs it, like valgrind."""
        if not pathlib.Path(command[0]).exists():
            raise Unavailable(f"{command[0]} is not built")
        self.output = tempfile.TemporaryFile()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*below, *command], stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT
        )
        self.pid = self.process.pid
        self.port = self._wait_for_address(patience)
        self.origin = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def text(self):
        return os.pread(self.output.fileno(), 1 << 20, 0)

    def _wait_for_address(self, patience):
        while time.monotonic() < self.started + patience:
            found = ADDRESS.search(self.text())
            if found:
                return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.001)
        self.stop()
        tail = self.text().decode(errors="replace").strip().splitlines()[-3:]
        raise Unavailable(f"{' '.join(self.process.args)} printed no address; its last words: {tail}")

    def stop(self, patience=30):
        """Seconds from SIGTERM to the end."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return time.monotonic() - begin

    def cpu_seconds(self):
        """User and system time of all threads, from the scheduler (nanoseconds, unlike utime)."""
        return sum(int(_read(task / "schedstat").split()[0]) for task in self._tasks()) / 1e9

    def threads(self):
        return len(self._tasks())

    def resident_bytes(self):
        return _rollup(self.pid, "Rss")

    def peak_bytes(self):
        """The most it ever had resident."""
        return int(re.search(r"VmHWM:\s+(\d+) kB", _read(pathlib.Path(f"/proc/{self.pid}/status"))).group(1)) * 1024

    def tree(self):
        """The server and everything below it, workers and zygotes included: [(pid, name)]."""
        children = {}
        names = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            stat = _read(entry / "stat")
            if not stat:
                continue
            name, rest = stat[stat.index("(") + 1 :].rsplit(")", 1)
            names[int(entry.name)] = name
            children.setdefault(int(rest.split()[1]), []).append(int(entry.name))
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append((pid, names.get(pid, "?")))
            waiting += children.get(pid, [])
        return found

    def tree_pss_bytes(self):
        return sum(_rollup(pid, "Pss") for pid, _ in self.tree())

    def tree_switches(self):
        """Context switches of every thread of every process: each is one wake-up."""
        total = 0
        for pid, _ in self.tree():
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
                total += sum(map(int, re.findall(r"ctxt_switches:\s*(\d+)", _read(task / "status"))))
        return total

    def _tasks(self):
        return list(pathlib.Path(f"/proc/{self.pid}/task").iterdir())


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


def _read(path):
    try:
        return path.read_text()
    except OSError:  # it ended while we were looking
        return ""


def _rollup(pid, key):
    found = re.search(rf"^{key}:\s+(\d+) kB", _read(pathlib.Path(f"/proc/{pid}/smaps_rollup")), re.M)
    return int(found.group(1)) * 1024 if found else 0

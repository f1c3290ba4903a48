"""A row of the table, and where the binaries under measurement lie."""

import dataclasses
import os

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

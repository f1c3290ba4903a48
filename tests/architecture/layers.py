"""Who may include whom; framework/README.md has the same table in words."""

import pathlib

from tree import Breach

BELOW_HTTP = ("base", "data", "observe", "async", "http/detail", "http/message", "http/handler")

# Folder below framework/troika (or header, for the hinge) -> the layers it may include besides itself.
# http/ meets neither workers/ nor config/: app/ brings them together.
LAYERS = {
    "base": (),
    "observe": ("base",),
    "data": ("base",),
    "config": ("base", "data"),
    "async": ("base", "observe"),
    "workers": ("base", "data", "observe", "async"),
    "http/detail": ("base",),  # what message and codec share
    "http/message": ("base", "data", "async", "http/detail"),
    "http/handler": ("base", "data", "async", "http/message"),
    "http/codec": BELOW_HTTP,
    "http/routing": BELOW_HTTP,
    "http/middleware": BELOW_HTTP,
    "http/server": BELOW_HTTP + ("http/codec",),
    "http/client": BELOW_HTTP + ("http/codec",),
}
LAYERS["app"] = tuple(LAYERS)
LAYERS["testing"] = tuple(LAYERS)

# Library -> the only layers that may include it.
LIBRARIES = {
    "boost/asio": tuple(set(LAYERS) - {"base", "data", "observe", "config", "http/detail", "http/message"}),
    "boost/beast": tuple(layer for layer in LAYERS if layer.startswith("http/")) + ("testing",),
    "spdlog": ("observe",),
    "catch2": ("testing",),
    "sqlite3.h": (),
}

# What costs every includer seconds of compile time: never within reach of a public header.
HEAVY = ("boost/asio", "boost/beast", "spdlog/", "openssl/", "nlohmann/")
LIGHT = ("nlohmann/json_fwd.hpp",)


def layer_of(path):
    """The layer of "troika/http/server/listener.hpp"; None when the table has none for it."""
    below = path.removeprefix("framework/").removeprefix("troika/")
    parts = pathlib.PurePosixPath(below).with_suffix("").parts
    for length in (2, 1):
        name = "/".join(parts[:length])
        if name in LAYERS and (len(parts) > length or "/" in name):
            return name
    return "app" if len(parts) == 1 else None  # troika/troika.hpp, the header of everything


def _resolve(tree, source, target):
    """The path in the tree of an #include, whether written <troika/x> or "x"."""
    if target.startswith("troika/"):
        return f"framework/{target}"
    beside = (pathlib.PurePosixPath(source.path).parent / target).as_posix()
    return beside if beside in tree.by_path and beside.startswith("framework/troika/") else None


def layering(tree):
    for source in tree.cpp("framework/troika"):
        own = layer_of(source.path)
        if own is None:
            yield Breach(source.path, 1, "this folder is no layer: give it a row in layers.py")
            continue
        for line, target in source.includes:
            for library, layers in LIBRARIES.items():
                if target.startswith(library) and own not in layers:
                    yield Breach(source.path, line, f"{own} may not include <{target}>")
            path = _resolve(tree, source, target)
            if path is None:
                continue
            other = layer_of(path)
            if other != own and other not in LAYERS[own]:
                may = ", ".join(LAYERS[own]) or "nothing of troika"
                name = other or "what is in no layer"
                text = f"{own} may not include {name} ({target}); it may include: {may}"
                yield Breach(source.path, line, text)


def private_details(tree):
    """detail/ is for the folder it lies in, the unit tests that mirror it, and bench."""
    for source in tree.cpp("framework", "services", "tests"):
        here = source.path
        for prefix in ("framework/troika/", "tests/unit/"):
            here = here.removeprefix(prefix)
        for line, target in source.includes:
            path = _resolve(tree, source, target) or ""
            if "/detail/" not in path:
                continue
            owner = path.removeprefix("framework/troika/").split("/detail/")[0]
            if not here.startswith(owner + "/") and not source.within("tests/bench"):
                text = f"{target} is private to {owner}/: include a public header of it"
                yield Breach(source.path, line, text)


def public_headers_are_light(tree):
    for header in tree.public_headers():
        yield from _heavy_includes(tree, header)


def _heavy_includes(tree, header):
    seen, waiting = {header.path}, [(header, None, ())]
    while waiting:
        source, first_line, way = waiting.pop()
        for line, target in source.includes:
            line = first_line or line
            if target.startswith(HEAVY) and target not in LIGHT:
                through = f" (through {' and '.join(way)})" if way else ""
                text = f"a public header includes <{target}>{through}: move it to a .cpp"
                yield Breach(header.path, line, text)
            path = _resolve(tree, source, target)
            if path in tree.by_path and path not in seen:
                seen.add(path)
                waiting.append((tree.by_path[path], line, way + (target,)))

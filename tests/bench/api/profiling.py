"""Where the time of one call goes, function by function."""

import cProfile
import json
import pstats
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from statistics import quantiles

from tests.bench.api.scene import Operation
from tests.bench.stage import say

TOP = 45


def profile(operation: Operation, number: int) -> None:
    """Calls the WSGI applications as the server does, in this process: first as they are, then ours under cProfile.

    Counted is the processor time of this thread, so that what else the machine does shows little.
    """
    from portal.wsgi import application
    from tests.bench import bare

    for name, one in (("portal", application), ("bare", bare.application)):
        for _ in range(20):
            call(one, operation)
        taken = quantiles((_timed(one, operation) for _ in range(number)), n=10)
        say(
            f"{operation.name}, {name}: CPU us a call: fastest tenth {taken[0]:.0f}, median {taken[4]:.0f}"
        )
    profile_functions(application, operation, number)


def profile_functions(
    application: Callable[..., Iterable[bytes]], operation: Operation, number: int
) -> None:
    profiler = cProfile.Profile(time.thread_time)
    profiler.enable()
    for _ in range(number):
        call(application, operation)
    profiler.disable()
    _print(pstats.Stats(profiler).stats, number)


def _timed(application: Callable[..., Iterable[bytes]], operation: Operation) -> float:
    began = time.thread_time()
    call(application, operation)
    return 1e6 * (time.thread_time() - began)


def _print(stats: dict, number: int) -> None:
    """Microseconds a call; the profiler itself makes small functions look dearer than they are."""
    say("  in it  with all it calls  times  function")
    rows = [(own, total, calls, where) for where, (_, calls, own, total, _) in stats.items()]
    for title, key in (("by their own", 0), ("with all they call", 1)):
        say(f"-- {title}")
        for own, total, calls, where in sorted(rows, key=lambda row: -row[key])[:TOP]:
            say(
                f"{1e6 * own / number:7.1f} {1e6 * total / number:9.1f} {calls / number:14.1f}  {_named(where)}"
            )


def _named(where: tuple[str, int, str]) -> str:
    path, line, function = where
    short = "/".join(path.split("/")[-3:])
    return f"{short}:{line} {function}" if line else function


def call(application: Callable[..., Iterable[bytes]], operation: Operation) -> bytes:
    head, _, body = next(operation.requests).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, protocol = first.split()
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": protocol, "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body),
    }  # fmt: skip
    for line in lines:
        name, _, value = line.partition(": ")
        name = name.upper().replace("-", "_")
        environ[name if name.startswith("CONTENT_") else f"HTTP_{name}"] = value
    answered = []
    response = application(environ, lambda status, headers: answered.append(status))
    content = b"".join(response)
    if close := getattr(response, "close", None):
        close()
    assert answered[0].startswith(str(operation.status)), (answered, operation.name)
    return content


def alike(operation: Operation) -> None:
    """The bare application answers as ours does; else comparing them would be worth nothing."""
    from portal.wsgi import application
    from tests.bench import bare

    ours, its = (json.loads(call(one, operation)) for one in (application, bare.application))
    assert ours.keys() == its.keys()
    if next(operation.requests).startswith(b"GET"):
        assert ours == its

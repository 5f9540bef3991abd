"""What was measured, as lines to read while it goes on, and what of it misses the bar."""

import os
import platform
from collections import defaultdict
from pathlib import Path

from tests.bench.scale.operation import Key

GROWTH_MAX, BUFFERS_MAX, APP_CPU_MAX = 1.2, 500, 8.0


def head(sizes: list[int]) -> str:
    several = " ".join(f"{short(size):>8}" for size in sizes)
    return (
        f"{'door':<5} {'operation':<44} {'tenant':<7} {'place':<5} {'cl':>2} | p50 ms {several} | p95 ms {several}"
        f" | growth p50, p95 | queries | buffers {several} | CPU ms: app, db at {short(sizes[-1])} | MiB a worker"
    )


def line(runs: list[dict]) -> str:
    """Of one operation and number of clients, a run for each size."""
    first, last = runs[0], runs[-1]
    queries = ", ".join(dict.fromkeys(str(run["queries"]) for run in runs))
    p50, p95, buffers = (_several(runs, what) for what in ("p50_ms", "p95_ms", "buffers"))
    grown = f"{growth(runs, 'p50_ms'):10.2f} {growth(runs, 'p95_ms'):4.2f}"
    return (
        f"{key_of(first)} {first['clients']:>2} |        {p50} |        {p95} | {grown} | {queries:>7}"
        f" |         {buffers} | {last['app_cpu_ms']:10.2f} {last['db_cpu_ms']:6.2f} | {last['rss_mib']:.0f}"
    )


def misses(runs: list[dict]) -> list[str]:
    """A line for each operation that misses the bar, the worst first."""
    found = []
    for grown in by_operation(runs).values():
        wrong, last = _wrong(grown), grown[-1]
        if wrong:
            times = " -> ".join(f"{run['p95_ms']:.1f}" for run in grown)
            words = ", ".join(wrong.values())
            what = f"{key_of(last)} {last['clients']:>2} clients: {words}; p95 {times} ms"
            found.append((max(wrong), what))
    return [what for _, what in sorted(found, reverse=True)]


def grown(runs: list[dict]) -> dict[Key, list[int]]:
    """What misses the bar by its p95, and with how many clients."""
    found = defaultdict(list)
    for (key, clients), each in by_operation(runs).items():
        if growth(each, "p95_ms") > GROWTH_MAX:
            found[key].append(clients)
    return dict(found)


def replaced(runs: list[dict], later: list[dict]) -> list[dict]:
    """The runs, with the later ones in their places, which say so (`again`)."""
    newer = {
        (key_of(run), run["clients"], run["memberships"]): run | {"again": True} for run in later
    }
    return [newer.get((key_of(run), run["clients"], run["memberships"]), run) for run in runs]


def _wrong(runs: list[dict]) -> dict[float, str]:
    """What is beyond the bar, by how many times as much as it may be."""
    first, last = runs[0], runs[-1]
    p50, p95 = growth(runs, "p50_ms"), growth(runs, "p95_ms")
    buffers, cpu = last["buffers"], last["app_cpu_ms"]
    judged = {
        p95 / GROWTH_MAX: f"p95 x {p95:.2f} (p50 x {p50:.2f})",
        buffers / BUFFERS_MAX: f"{buffers} buffers (at {short(first['memberships'])}: {first['buffers']})",
    }  # fmt: skip
    if last["door"] == "html":
        judged[cpu / APP_CPU_MAX] = f"{cpu:.1f} ms of application CPU"
    return {excess: words for excess, words in judged.items() if excess > 1}


def by_operation(runs: list[dict]) -> dict[tuple[Key, int], list[dict]]:
    """For each operation and number of clients the runs of all sizes, the smallest first."""
    found = defaultdict(list)
    for run in sorted(runs, key=lambda run: run["memberships"]):
        found[key_of(run), run["clients"]].append(run)
    return found


def key_of(run: dict) -> Key:
    return Key(run["door"], run["operation"], run["tenant"], run["position"])


def growth(runs: list[dict], what: str) -> float:
    return runs[-1][what] / runs[0][what]


def machine(settings: dict[str, str], workers: int, threads: int) -> dict:
    processor = Path("/proc/cpuinfo").read_text().partition("model name")[2].partition("\n")[0]
    memory = Path("/proc/meminfo").read_text().partition("MemTotal:")[2].split()[0]
    return {
        "processor": processor.strip("\t :"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory) / 2**20, 1),
        "python": platform.python_version(),
        "workers": workers,
        "threads": threads,
        "postgresql": dict(settings),
    }


def _several(runs: list[dict], what: str) -> str:
    return " ".join(
        f"{run[what]:8.2f}" if isinstance(run[what], float) else f"{run[what]:8}" for run in runs
    )


def short(size: int) -> str:
    for unit, name in ((10**6, "M"), (1000, "k")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return str(size)

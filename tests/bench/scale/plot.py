"""The results as a picture (SVG): for each door a line for each operation, its p95 against the memberships."""

from itertools import pairwise
from math import ceil, floor, log10
from statistics import median
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.bench.scale.operation import Key
from tests.bench.scale.report import by_operation, growth, short

DOORS = {"html": "Pages", "api": "API", "admin": "Admin"}
COLOURS = {"typical": "#2a78d6", "hottest": "#d2562a"}
WIDTH, HEIGHT, TOP, BOTTOM, LEFT, GAP = 1040, 520, 112, 58, 62, 52
INK, PALE, LINES, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
LABELLED, LABEL_APART = 3, 14
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: %s }
.title { font-size: 18px; font-weight: 600 }
.door { font-size: 14px; font-weight: 600 }
.pale { fill: %s }
.label { paint-order: stroke; stroke: %s; stroke-width: 3px; stroke-linejoin: round; font-size: 11px }
.operation { fill: none; stroke-width: 1; stroke-opacity: .5 }
.middle { fill: none; stroke-width: 3 }
""" % (INK, PALE, PAPER)  # noqa: UP031  # it has braces

type Runs = list[dict]


class Panel(NamedTuple):
    """Where values lie: `sizes` and milliseconds, both as logarithms."""

    left: float
    width: float
    sizes: tuple[int, int]
    low: float
    high: float

    def x(self, memberships: float) -> float:
        first, last = (log10(size) for size in self.sizes)
        return self.left + self.width * (log10(memberships) - first) / ((last - first) or 1)

    def y(self, ms: float) -> float:
        share = (log10(ms) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def drawn(results: dict) -> str:
    """Of the least number of clients. Its own background, so that it can be read on any."""
    clients = min(run["clients"] for run in results["runs"])
    runs = [run for run in results["runs"] if run["clients"] == clients and run["p95_ms"]]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' role="img" aria-labelledby="title">',
        f"<style>{STYLE}</style>",
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="6" fill="{PAPER}" stroke="{LINES}"/>',
        *_heading(results, runs, clients),
    ]
    doors = [door for door in DOORS if any(run["door"] == door for run in runs)]
    width = (WIDTH - LEFT - GAP * len(doors)) / len(doors)
    sizes = sorted({run["memberships"] for run in runs})
    times = [run["p95_ms"] for run in runs]
    low, high = floor(log10(min(times)) * 4) / 4, ceil(log10(max(times)) * 4 + 0.2) / 4
    for number, door in enumerate(doors):
        panel = Panel(LEFT + number * (width + GAP), width, (sizes[0], sizes[-1]), low, high)
        of_door = by_operation([run for run in runs if run["door"] == door])
        parts += [
            *_axes(panel, sizes, labelled=number == 0),
            *_operations(panel, DOORS[door], of_door),
        ]
    return "\n".join([*parts, "</svg>", ""])  # fmt: skip


def _heading(results: dict, runs: Runs, clients: int) -> list[str]:
    machine = results["machine"]
    at_once = "1 client" if clients == 1 else f"{clients} clients"
    by = (
        f"{at_once}, {machine['workers']} workers, {machine['cores']} cores, {machine['processor']}"
    )
    legend, x = [], WIDTH - 300
    for tenant, colour in COLOURS.items():
        legend.append(
            f'<line x1="{x}" x2="{x + 24}" y1="30" y2="30" stroke="{colour}" stroke-width="3"/>'
        )
        legend.append(_text(x + 30, 34, f"{tenant} tenant"))
        x += 140
    return [
        _text(20, 35, "The p95 of every operation, as the database grows", "title", id="title"),
        _text(20, 57, f"A thin line for each operation, a thick one for the middle of them. {by}.", "pale"),
        *legend,
        _text(LEFT + (WIDTH - LEFT) / 2, HEIGHT - 12, "memberships", "pale", anchor="middle"),
        f'<text class="pale" text-anchor="middle" transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">'
        "p95 in milliseconds</text>",
    ]  # fmt: skip


def _axes(panel: Panel, sizes: list[int], *, labelled: bool) -> list[str]:
    right, bottom = panel.left + panel.width, HEIGHT - BOTTOM
    parts = []
    for power in range(floor(panel.low), ceil(panel.high) + 1):
        for ms in (10**power, 2 * 10**power, 5 * 10**power):
            if panel.low <= log10(ms) <= panel.high:
                parts.append(_line(panel.left, right, panel.y(ms), panel.y(ms)))
                if labelled:
                    parts.append(
                        _text(panel.left - 8, panel.y(ms) + 4, f"{ms:g}", "pale", anchor="end")
                    )
    for size in sizes:
        x = panel.x(size)
        parts.append(_line(x, x, TOP, bottom))
        anchor = {sizes[0]: "start", sizes[-1]: "end"}.get(size, "middle")
        parts.append(_text(x, bottom + 18, short(size), "pale", anchor=anchor))
    return parts


def _operations(panel: Panel, title: str, of_door: dict[tuple[Key, int], Runs]) -> list[str]:
    grown = [growth(runs, "p95_ms") for runs in of_door.values()]
    said = f"{len(grown)} operations grow × {median(grown):.2f}, at most × {max(grown):.2f}"
    parts = [_text(panel.left, TOP - 28, title, "door"), _text(panel.left, TOP - 11, said, "pale")]
    for (key, _), runs in of_door.items():
        points = [(run["memberships"], run["p95_ms"]) for run in runs]
        parts.append(_path(panel, points, "operation", COLOURS[key.tenant], str(key)))
    for tenant, colour in COLOURS.items():
        lines = [runs for (key, _), runs in of_door.items() if key.tenant == tenant]
        if lines:
            middle = [
                (some[0]["memberships"], median(run["p95_ms"] for run in some))
                for some in zip(*lines, strict=True)
            ]
            parts.append(_path(panel, middle, "middle", colour, f"{tenant} tenant, in the middle"))
    return parts + _labels(panel, of_door)  # fmt: skip


def _labels(panel: Panel, of_door: dict[tuple[Key, int], Runs]) -> list[str]:
    """The names of the slowest, below each other."""
    slowest = sorted(of_door.items(), key=lambda one: -one[1][-1]["p95_ms"])[:LABELLED]
    wanted = [panel.y(runs[-1]["p95_ms"]) - 4 for _, runs in slowest]
    for above, below in pairwise(range(len(wanted))):
        wanted[below] = max(wanted[below], wanted[above] + LABEL_APART)
    right = panel.left + panel.width
    return [
        _text(right - 4, y, f"{key.operation} ({key.tenant})", "label", anchor="end")
        for ((key, _), _), y in zip(slowest, wanted, strict=True)
    ]


def _path(panel: Panel, points: list[tuple[int, float]], kind: str, colour: str, title: str) -> str:
    d = " ".join(f"{panel.x(size):.1f},{panel.y(ms):.1f}" for size, ms in points)
    name = escape(" ".join(title.split()))
    return (
        f'<polyline class="{kind}" stroke="{colour}" points="{d}"><title>{name}</title></polyline>'
    )


def _line(x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{LINES}"/>'


def _text(
    x: float, y: float, words: str, kind: str = "", anchor: str = "start", id: str = ""
) -> str:
    name = f' id="{id}"' if id else ""
    return f'<text{name} class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'

"""The bench at scale runs: every operation answers as it should, and results and plot come out."""

from xml.etree import ElementTree

import pytest

from tests.bench.scale import report
from tests.bench.scale.operation import Key
from tests.benched import benched

KEYS = {
    "door", "operation", "tenant", "position", "clients", "memberships", "p50_ms", "p95_ms", "queries", "buffers",
    "app_cpu_ms", "db_cpu_ms", "rss_mib",
}  # fmt: skip


@pytest.mark.timeout(1200)
@pytest.mark.django_db
def test_the_bench_at_scale_measures_every_operation(tmp_path):
    plot = tmp_path / "scale.svg"
    sizes = ["--sizes", 1000, 2000, "--set", "shared_buffers=64MB"]
    little = ["--rounds", 1, "--requests", 1, "--clients", 1, "--workers", 1]
    results = benched("scale", tmp_path, *sizes, *little, "--plot", plot)
    assert all(run.keys() == KEYS for run in results["runs"])
    assert {run["memberships"] for run in results["runs"]} == {1000, 2000}
    assert {run["tenant"] for run in results["runs"]} == {"typical", "hottest"}
    measured = {(run["door"], run["operation"]) for run in results["runs"]}
    assert {door for door, _ in measured} == {"html", "api", "admin"}
    assert all(run["queries"] for run in results["runs"] if run["door"] == "admin")
    drawn = ElementTree.parse(plot)  # noqa: S314  # our own file
    assert len(drawn.findall(".//{*}polyline")) > len(measured)


def run(operation, clients, memberships, p95):
    key = {"door": "api", "operation": operation, "tenant": "typical", "position": "first"}
    return key | {"clients": clients, "memberships": memberships, "p95_ms": p95}


def test_what_grew_is_measured_again_and_takes_its_place():
    flat = [run("show", 1, 10, 5.0), run("show", 1, 20, 5.9)]
    grown = [run("list", 8, 10, 5.0), run("list", 8, 20, 6.1)]
    later = [run("list", 8, 10, 5.1), run("list", 8, 20, 5.2)]
    assert report.grown([*flat, run("list", 1, 10, 5.0), *grown, run("list", 1, 20, 4.0)]) == {
        Key("api", "list", "typical", "first"): [8]
    }
    assert report.replaced([*flat, *grown], later) == [
        *flat,
        *(one | {"again": True} for one in later),
    ]

"""The bench of the pages runs: it measures every page, full and empty, and says where its time goes."""

import pytest

from tests.benched import benched

LITTLE = [
    "--rounds", "1", "--seconds", "0.05", "--clients", "2", "--threads", "2", "--calls", "2", "--images", "1000",
    "--memberships", "10000",
]  # fmt: skip


@pytest.mark.django_db
def test_the_bench_of_the_pages_measures_every_page(tmp_path):
    found = {told["page"]: told for told in benched("pages", tmp_path, *LITTLE)}
    lists = ("images", "inbox", "members", "activity")
    assert found.keys() == {"bytes", "signed in", *lists, *(f"{name}, none" for name in lists)}
    assert all(found[name]["rows"] == 25 and not found[f"{name}, none"]["rows"] for name in lists)
    assert all(found[name]["at_2"]["cpu_ms"] > 0 and found[name]["queries"] for name in lists)
    assert all(sum(found[name]["parts_ms"].values()) > 0 for name in lists)

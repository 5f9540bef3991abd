"""The bench of the verbs over many rows runs: each ends or makes all its rows, and others are measured meanwhile."""

import pytest

from tests.benched import benched

VERBS = {"offer", "accept", "prune", "prune-all", "withdraw", "delete"}


@pytest.mark.django_db
def test_the_bench_of_bulk_verbs_measures_every_verb(tmp_path):
    little = ["--rows", 20, "--many", 5, "--rest", 0.02]
    results = benched("bulk", tmp_path, *little)
    assert {told["verb"] for told in results} == VERBS
    for told in results:
        assert told["statements"]
        assert set(told["others"]) == {"answer", "offer", "list", "consumer"}
        assert all(one["calls"] for one in told["others"].values())

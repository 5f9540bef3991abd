"""The bench of the verbs over many rows runs: each ends or makes all its rows, and others are measured meanwhile."""

import json
import subprocess
import sys

import pytest
from django.db import connection

VERBS = {"offer", "accept", "prune", "prune-all", "withdraw", "delete"}


@pytest.mark.django_db
def test_the_bench_of_bulk_verbs_measures_every_verb(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("It starts a PostgreSQL of its own: once is enough.")
    bench = [sys.executable, "-W", "ignore", "-m", "tests.bench.bulk"]
    file = tmp_path / "results.json"
    little = ["--rows", "20", "--many", "5", "--rest", "0.02", "--json", file]
    subprocess.run([*bench, *little], check=True, timeout=120)
    results = json.loads(file.read_text())
    assert {told["verb"] for told in results} == VERBS
    for told in results:
        assert told["statements"]
        assert set(told["others"]) == {"answer", "offer", "list", "consumer"}
        assert all(one["calls"] for one in told["others"].values())

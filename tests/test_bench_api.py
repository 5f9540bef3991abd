"""The bench of the API runs: both its applications take all its requests, and profiles come out."""

import json
import subprocess
import sys

import pytest
from django.db import connection

OPERATIONS = {"share", "accept", "members-10", "members-1000", "images", "token"}


@pytest.mark.django_db
def test_the_bench_of_the_api_measures_every_operation(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("It starts a PostgreSQL of its own: once is enough.")
    bench = [sys.executable, "-W", "ignore", "-m", "tests.bench.api"]
    little = [
        "--rounds",
        "1",
        "--seconds",
        "0.02",
        "--clients",
        "2",
        "--size",
        "5",
        "--threads",
        "2",
    ]
    file = tmp_path / "results.json"
    subprocess.run([*bench, *little, "--json", file], check=True, timeout=120)
    results = json.loads(file.read_text())
    assert {told["operation"] for told in results} == OPERATIONS
    assert all(told["portal"]["a_second"] and told["bare"]["a_second"] for told in results)
    assert all(told["statements"]["bare"] for told in results)

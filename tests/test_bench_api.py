"""The bench of the API runs: both its applications take all its requests, and profiles come out."""

import pytest

from tests.benched import benched

OPERATIONS = {"share", "accept", "members-10", "members-1000", "images", "token"}


@pytest.mark.django_db
def test_the_bench_of_the_api_measures_every_operation(tmp_path):
    little = ["--rounds", 1, "--seconds", 0.02, "--clients", 2, "--size", 5, "--threads", 2]
    results = benched("api", tmp_path, *little)
    assert {told["operation"] for told in results} == OPERATIONS
    assert all(told["portal"]["a_second"] and told["bare"]["a_second"] for told in results)
    assert all(told["statements"]["bare"] for told in results)

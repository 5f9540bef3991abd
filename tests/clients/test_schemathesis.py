"""The API answers as its OpenAPI document says, whatever is asked: `schemathesis` asks more than 20,000 times.

What it asks follows from SEED, so that a red run can be repeated.
"""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection

from sharing.api.openapi import document
from tests.clients.cast import cast as cast_of
from tests.clients.conftest import KEY
from tests.clients.programs import BIN, PROJECT
from tests.serving import Portal

SEED = 1
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "ignored_auth", "unsupported_method",
)  # fmt: skip


class Run(NamedTuple):
    """`each`: how many cases are drawn for an operation; `least`: how many there must be of all of them."""

    caller: str
    has_token: bool
    each: int
    least: int


RUNS = (
    Run("owner", True, 500, 12_000),
    Run("consumer1", True, 200, 5_500),
    Run("producer", False, 60, 2_500),
)
# It is what schemathesis reads first, and leaves out of what it asks.
NOT_ASKED = "show_openapi"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("run", RUNS, ids=["owner", "member", "nobody"])
def test_every_answer_is_as_described(run, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("Takes minutes, and says nothing about a database: once is enough.")
    portal = Portal(tmp_path, f"sqlite:///{tmp_path}/portal.sqlite3", KEY)
    parties = {
        name: (party.tenant_id, party.credential, party.secret)
        for name, party in cast_of(portal.environment).items()
    }
    with portal.running():
        url = f"http://127.0.0.1:{portal.port}"
        told = {"url": url, "parties": parties, "caller": run.caller, "has_token": run.has_token}
        ended = schemathesis(url, run.each, tmp_path, told)

    assert ended.returncode == 0, ended.stdout[-20_000:]
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert sum(sum(counts.values()) for counts in answers.values()) >= run.least, answers
    if run.has_token:
        assert without_success(answers) == [], answers


def schemathesis(
    url: str, each: int, folder: Path, told: dict[str, object]
) -> subprocess.CompletedProcess[str]:
    environment = {
        "HOME": str(folder),
        "PATH": str(BIN),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PROJECT),
        "SCHEMATHESIS_HOOKS": "tests.clients.fuzzed",
        "FUZZED": json.dumps(told | {"answers": str(folder / "answers.json")}),
    }
    return subprocess.run(
        [
            BIN / "schemathesis", "run", f"{url}/image/openapi.json", "--checks", ",".join(CHECKS),
            "--phases", "coverage,fuzzing", "--max-examples", str(each), "--seed", str(SEED),
            "--continue-on-failure", "--suppress-health-check", "all", "--generation-database", "none",
            "--generation-with-security-parameters", "false", "--request-timeout", "60", "--warnings", "off",
            "--no-color",
        ],
        env=environment, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def without_success(answers: dict[str, dict[str, int]]) -> list[str]:
    """The operations that were refused whenever they were asked."""
    names = [one["operationId"] for item in document()["paths"].values() for one in item.values()]
    return [
        name
        for name in names
        if name != NOT_ASKED and not any(int(status) < 400 for status in answers.get(name, ()))
    ]

"""The `openstack` command does here what it did in a real cloud: 34 recorded commands, one after the other."""

import shlex
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import pytest

from tests.clients.answers import differences
from tests.clients.programs import EXAMPLES, by_password, run
from tests.clients.recording import (
    COMMANDS,
    EXCHANGES,
    Placeholders,
    line_of,
    recorded,
    succeeds,
    told,
)
from tests.clients.wire import Exchange

DISK = b"of no known format".ljust(4096, b".")


class Step(NamedTuple):
    """One more command, and its last request."""

    cloud: str
    command: str
    last: str


class Difference(NamedTuple):
    """Why a command does not go as recorded: `requests` take the place of the recorded ones, `first` comes before."""

    reason: str
    requests: tuple[str, ...] = ()
    first: tuple[Step, ...] = ()


AS_RECORDED = Difference("")
SIGN_IN = (
    "GET {identity}/v3 -> 200",
    "POST {identity}/v3/auth/tokens -> 201",
    "GET {image}/ -> 300",
)
NOT_FOUND = (
    *SIGN_IN,
    "GET {image}/v2/images/{uuid} -> 404",
    "GET {image}/v2/images?name={uuid} -> 200",
    "GET {image}/v2/images?os_hidden=True -> 200",
)
# By the number of the recorded command. All but the first are where we are stricter than Glance, on purpose.
DIFFERENT = {
    1: Difference(
        "The recording ends with another sign-in that asks for nothing; it is none of the client's.",
        (
            *SIGN_IN,
            "POST {image}/v2/images -> 201",
            "PUT {image}/v2/images/{uuid}/file -> 204",
            "GET {image}/v2/images/{uuid} -> 200",
        ),
    ),
    16: Difference(
        "A member that accepted takes data out only where the owner marked the image as redistributable.",
        first=(
            Step(
                "consumer1",
                "openstack image save --file {dir}/trace/early.raw {uuid}",
                "GET {image}/v2/images/{uuid}/file -> 403",
            ),
            Step(
                "owner",
                "openstack image set --property redistributable=true {uuid}",
                "PATCH {image}/v2/images/{uuid} -> 200",
            ),
        ),
    ),
    21: Difference("A member that rejected does not see the image any more.", NOT_FOUND),
    22: Difference(
        "`image set` looks the image up first, which is no longer to be seen.", NOT_FOUND
    ),
    23: Difference(
        "So who rejected changes its mind with the API, by the image's ID.",
        first=(
            Step(
                "consumer2",
                "python {examples}/change_mind.py {uuid} pending",
                "PUT {image}/v2/images/{uuid}/members/{project:consumer2} -> 200",
            ),
        ),
    ),
}


class Cloud:
    """Runs commands of the recording against the portal, and keeps what they exchanged with it."""

    def __init__(self, cast, wire, folder: Path) -> None:
        self._cast, self._wire, self._folder = cast, wire, folder
        projects = {f"project:{name}": party.tenant_id for name, party in cast.items()}
        self.placeholders = Placeholders(
            dir=str(folder),
            examples=str(EXAMPLES),
            identity=f"{wire.url}/identity",
            image=f"{wire.url}/image",
            **projects,
        )
        self._exchanges: list[Exchange] = []

    def run(self, party: str, command: str) -> tuple[CompletedProcess[str], list[Exchange]]:
        self._wire.take()
        arguments = shlex.split(self.placeholders.filled(command))
        variables = by_password(self._cast[party], self._wire.url)
        process = run(*arguments, home=self._folder, **variables)
        return process, self._wire.take()

    def recorded(self, party: str, command: str) -> tuple[CompletedProcess[str], list[str]]:
        """Runs a recorded command, and tells its requests."""
        process, passed = self.run(party, command)
        self._exchanges += passed
        for exchange in passed:
            if exchange.status == 201 and exchange.path.endswith("/v2/images"):
                self.placeholders.mean(uuid=exchange.headers["location"].rpartition("/")[2])
        return process, told(passed, self.placeholders)

    def first(self, line: str) -> Exchange:
        """The first exchange of this kind that a recorded command had."""
        found = [each for each in self._exchanges if line_of(each, self.placeholders) == line]
        assert found, "There was no such exchange."
        return found[0]


@pytest.fixture
def cloud(cast, wire, tmp_path) -> Cloud:
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace" / "disk.raw").write_bytes(DISK)
    return Cloud(cast, wire, tmp_path)


# One test, because the commands build on each other, and run once however many processes run the tests.
def test_recorded_commands_go_as_in_a_real_cloud(cloud, subtests, tmp_path):
    for number, recording in enumerate(COMMANDS, start=1):
        different = DIFFERENT.get(number, AS_RECORDED)
        for step in different.first:
            with subtests.test(f"before {number}. {step.cloud}: {step.command}"):
                process, passed = cloud.run(step.cloud, step.command)
                assert line_of(passed[-1], cloud.placeholders) == step.last, process
                assert (process.returncode == 0) is succeeds([step.last]), process
        with subtests.test(f"{number}. {recording['cloud']}: {recording['cmd']}"):
            process, requests = cloud.recorded(recording["cloud"], recording["cmd"])
            expected = different.requests or recording["requests"]
            assert requests == recorded(expected), process
            assert (process.returncode == 0) is succeeds(expected), process
    for line, exchange in EXCHANGES.items():
        with subtests.test(line):
            assert differences(exchange, cloud.first(line), cloud.placeholders) == []
    with subtests.test("what the consumer saved is what the owner uploaded"):
        assert (tmp_path / "trace" / "got.raw").read_bytes() == DISK

"""The examples for readers work as they are printed."""

import pytest

from tests.clients.programs import EXAMPLES, clouds, run


@pytest.fixture
def example(portal, cast, tmp_path):
    """Runs an example with a clouds.yaml of the two tenants; returns what it prints."""
    file = tmp_path / "clouds.yaml"
    url = f"http://127.0.0.1:{portal.port}"
    file.write_text(clouds(url, producer=cast["producer"], consumer=cast["consumer"]))

    def run_example(name: str, *arguments: object, **variables: str) -> str:
        ended = run(
            "python", EXAMPLES / name, *arguments,
            home=tmp_path, OS_CLIENT_CONFIG_FILE=str(file), **variables,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run_example


def test_two_tenants_shake_hands(example, cast):
    assert example("handshake.py").splitlines() == [
        f"Debian 12 is offered by {cast['producer'].tenant_id}.",
        "The consumer's images: ['Debian 12']",
        f"{cast['consumer'].tenant_id}: accepted",
    ]

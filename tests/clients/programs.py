"""The clients, as they come from their makers, in an environment of their own."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.cast import PASSWORD, Party

PATIENCE = 120
PROJECT = Path(__file__).resolve().parent.parent.parent
BIN = PROJECT / ".venv-clients" / "bin"
EXAMPLES = PROJECT / "examples"


def run(
    program: str, *arguments: object, home: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a program of the clients' environment, without any setting of the person who runs the tests."""
    path = BIN / program
    assert path.exists(), f"{path} is missing: run `make test`, which makes it."
    environment = {"HOME": str(home), "PATH": str(BIN), "LANG": "C.UTF-8"} | variables
    return subprocess.run(
        [path, *map(str, arguments)],
        env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


def by_password(party: Party, url: str) -> dict[str, str]:
    """The variables with which a client signs in as the party's manager."""
    return {
        "OS_AUTH_URL": f"{url}/identity/v3",
        "OS_USERNAME": party.email,
        "OS_PASSWORD": PASSWORD,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_NAME": party.name,
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }


def clouds(url: str, **parties: Party) -> str:
    """A clouds.yaml with a cloud per party, signed in with its application credential. JSON is YAML, too."""
    return json.dumps({"clouds": {name: _cloud(url, party) for name, party in parties.items()}})


def _cloud(url: str, party: Party) -> dict[str, Any]:
    return {
        "auth_type": "v3applicationcredential",
        "auth": {
            "auth_url": f"{url}/identity/v3",
            "application_credential_id": party.credential,
            "application_credential_secret": party.secret,
        },
    }

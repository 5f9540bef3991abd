"""Runs a bench in a small size, so that it cannot rot, and reads what it found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection


def benched(name: str, folder: Path, *little: object) -> Any:
    """What `python -m tests.bench.<name>` writes as JSON."""
    if connection.vendor != "postgresql":
        pytest.skip("It starts a PostgreSQL of its own: once is enough.")
    file = folder / "results.json"
    bench = [sys.executable, "-W", "ignore", "-m", f"tests.bench.{name}"]
    subprocess.run([*bench, *map(str, little), "--json", file], check=True)
    return json.loads(file.read_text())

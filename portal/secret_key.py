import contextlib
import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def stored_secret_key(path: Path) -> str:
    """The key kept in `path`, readable by its owner only; made on first use, once, however many processes start."""
    if not path.exists():
        handle, fresh = tempfile.mkstemp(dir=path.parent)
        with open(handle, "w") as file:
            file.write(get_random_secret_key())
        # A link appears whole or not at all, and fails where another process was first.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        os.unlink(fresh)
    return path.read_text()

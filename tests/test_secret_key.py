import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.secret_key import stored_secret_key


def test_the_key_is_made_on_first_use_and_kept(tmp_path):
    path = tmp_path / "secret-key"

    key = stored_secret_key(path)

    assert len(key) == 50
    assert [stored_secret_key(path) for _ in range(3)] == [key] * 3


def test_each_installation_has_a_key_of_its_own(tmp_path):
    assert stored_secret_key(tmp_path / "one") != stored_secret_key(tmp_path / "other")


@pytest.fixture
def lax_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("lax_umask")
def test_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "secret-key"

    stored_secret_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_an_operator_put_there_is_used_as_it_is(tmp_path):
    path = tmp_path / "secret-key"
    path.write_text("from the vault")
    path.chmod(0o400)

    assert stored_secret_key(path) == "from the vault"


def test_processes_that_start_together_get_the_same_key_and_leave_no_other_file(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        for n in range(20):
            folder = tmp_path / str(n)
            folder.mkdir()
            paths = [folder / "secret-key"] * 8
            assert len(set(pool.map(stored_secret_key, paths))) == 1
            assert [file.name for file in folder.iterdir()] == ["secret-key"]

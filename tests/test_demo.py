import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.db.models import Count

from sharing.management.commands.loaddemo import NOBODY, OPERATOR, PASSWORD, PEOPLE, TENANTS
from sharing.models import Event, Image, Membership, Tenant, TenantUser, User
from tests.command_line import accounts, refusal, run
from tests.factories import TenantFactory, UserFactory
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
EMAILS = [OPERATOR, *[person.email for person in PEOPLE]]
TENANT_IDS = [tenant["id"] for tenant in TENANTS]


@pytest.fixture
def demonstration(db):
    run("loaddemo")


def test_the_demonstration_is_loaded_once(demonstration):
    before = accounts()
    with unchanged():
        assert run("loaddemo").endswith("Nothing was changed.\n")
    assert accounts() == before


@pytest.mark.parametrize("factory", [TenantFactory, UserFactory])
def test_the_demonstration_and_its_known_password_stay_out_of_a_database_in_use(db, factory):
    factory()

    assert "not loaded" in refusal("loaddemo")


def test_a_demonstration_that_cannot_be_loaded_whole_is_not_loaded_at_all(db, monkeypatch):
    monkeypatch.delattr("sharing.handshake.answer")
    with pytest.raises(AttributeError):
        run("loaddemo")

    assert accounts() == [[], [], []]
    assert not Image.objects.exists()


@pytest.mark.parametrize("email", EMAILS)
def test_everybody_in_the_demonstration_can_sign_in(demonstration, client, email):
    response = client.post("/accounts/login/", {"login": email, "password": PASSWORD})

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email=email).pk)


@pytest.mark.parametrize("tenant_id", TENANT_IDS)
def test_each_tenant_has_a_manager_and_a_reader_and_is_owner_and_consumer(demonstration, tenant_id):
    roles = TenantUser.objects.filter(tenant_id=tenant_id).values_list("role", flat=True)

    assert set(roles) == {"manager", "reader"}
    assert Membership.objects.of_owner(tenant_id).exists()
    assert Membership.objects.of_member(tenant_id).exists()
    tenant = Tenant.objects.get(pk=tenant_id)
    assert tenant.name
    assert tenant.contact
    assert tenant.support_note


@pytest.mark.parametrize("tenant_id", TENANT_IDS[1:])
def test_both_consumers_have_offers_in_all_three_statuses(demonstration, tenant_id):
    of_halden = Membership.objects.of_owner(TENANT_IDS[0]).of_member(tenant_id)

    assert set(of_halden.values_list("status", flat=True)) == set(Membership.Status.values)


def test_the_demonstration_shows_what_the_pages_are_for(demonstration):
    assert User.objects.annotate(n=Count("tenants")).filter(n=2).exists()
    assert User.objects.get(email=OPERATOR).is_superuser
    assert not Tenant.objects.filter(pk=NOBODY).exists()
    assert Membership.objects.of_member(NOBODY).get().status == "pending"
    assert Image.objects.owned_by(TENANT_IDS[0]).count() == 11
    inherited = Image.objects.filter(base_image_ref__in=Image.objects.values("pk"))
    assert inherited.values("owner").distinct().count() == 2
    assert Image.objects.filter(memberships=None).exists()


def test_the_demonstration_went_through_the_handshake(demonstration):
    offered = Membership.objects.count()
    answered = Membership.objects.exclude(status="pending").count()
    images = Membership.objects.values("image").distinct().count()

    verbs = dict(Event.objects.values_list("verb").annotate(Count("pk")))
    assert verbs["offered"] == offered
    assert verbs["accepted"] + verbs["rejected"] == answered
    assert verbs["confirmed"] == images
    assert not Event.objects.exclude(actor__in=EMAILS).exists()


def test_the_demonstration_does_not_run_where_it_was_not_asked_for(settings):
    settings.DEMO = False
    assert "PROFFER_DEMO=1" in refusal("demo", "--port", "8000")
    assert not User.objects.exists()


@pytest.mark.parametrize("port", ["", "0", "-1", "65536", "http", "8000.0", "٣", "9" * 5000, "1\0"])
def test_what_is_no_port_is_refused_in_a_line(settings, port):
    settings.DEMO = True
    sentence = refusal("demo", "--port", port)

    assert "a number from 1 to 65535" in sentence
    assert len(sentence.splitlines()) == 1


class Demo:
    """`manage.py demo` in a process and a folder of its own, as `make demo` starts it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.process = subprocess.Popen(
            [sys.executable, MANAGE, "demo", "--port", str(port)],
            env=environment
            | {
                "PROFFER_DEMO": "1",
                "VAR_DIR": str(folder),
                "DJANGO_SETTINGS_MODULE": "portal.settings",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def page(self, path: str) -> str:
        """The page, as soon as the server answers."""
        for _ in range(600):
            try:
                with urlopen(f"{self.url}{path}") as response:  # noqa: S310 -- our own server
                    return response.read().decode()
            except URLError as error:
                if (
                    not isinstance(error.reason, ConnectionRefusedError)
                    or self.process.poll() is not None
                ):
                    raise
                time.sleep(0.1)
        raise TimeoutError(self.url)

    def press_ctrl_c(self) -> str:
        """What it printed until it ended; the terminal sends the signal to all processes."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.communicate(timeout=30)[0]


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(tmp_path, port):
    started = []

    def start() -> Demo:
        started.append(Demo(tmp_path, port))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            os.killpg(demo.process.pid, signal.SIGKILL)
            demo.process.communicate()


def test_the_demonstration_serves_says_who_can_sign_in_ends_with_ctrl_c_and_keeps_its_data(
    start, tmp_path
):
    for tags in (7, 0):
        demo = start()
        page = demo.page("/accounts/login/")
        style = demo.page(re.search(r"/static/portal\.[0-9a-f]+\.css", page)[0])
        told = demo.press_ctrl_c()

        assert "--" in style
        assert demo.process.returncode == 0
        assert f"{demo.url}/" in told
        assert all(word in told for word in [*EMAILS, *TENANT_IDS, PASSWORD])
        assert "Traceback" not in told
        with closing(sqlite3.connect(tmp_path / "proffer.sqlite3")) as database, database:
            assert database.execute("SELECT count(*) FROM sharing_imagetag").fetchone() == (tags,)
            database.execute("DELETE FROM sharing_imagetag")


def test_a_port_that_is_taken_is_refused_in_a_line(settings, db):
    settings.DEMO = True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sentence = refusal("demo", "--port", taken.getsockname()[1])

    assert "make demo PORT=" in sentence
    assert len(sentence.splitlines()) == 1

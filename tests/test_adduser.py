import io
import sys

import pytest

from sharing.models import TenantUser, User
from tests.command_line import accounts, refusal, run
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def piped(monkeypatch):
    def piped(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return piped


@pytest.fixture
def typed(monkeypatch):
    """Answers to the password prompts, which are not echoed: `getpass` alone may ask."""

    def typed(*answers: str) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        left = list(answers)
        monkeypatch.setattr(
            "sharing.management.commands.adduser.getpass", lambda prompt: left.pop(0)
        )

    return typed


def test_adduser_makes_a_user_who_can_sign_in_with_the_piped_password(producer, piped, client):
    piped(f"{PASSWORD}\r\n".encode())
    told = run(
        "adduser", "New@Producer.example", "--tenant", producer.id, "--role", "reader",
        "--password-stdin",
    )  # fmt: skip

    assert told == "Added user new@producer.example, who acts for tenant 4471021 as reader.\n"
    assert TenantUser.objects.get(user__email="new@producer.example").role == "reader"
    assert client.login(email="new@producer.example", password=PASSWORD)


def test_adduser_asks_for_the_password_twice(producer, typed, client):
    typed(PASSWORD, PASSWORD)
    run("adduser", "new@producer.example", "--tenant", producer.id, "--role", "manager")

    assert client.login(email="new@producer.example", password=PASSWORD)


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        (("one long password", "another password"), "differ"),
        (("short", "short"), "too short"),
        (("password", "password"), "too common"),
        (("new@producer.example", "new@producer.example"), "too similar"),
        (("x" * 1001, "x" * 1001), "at most 1000"),
        (("correct\0horse", "correct\0horse"), "printable"),
        (("", ""), "too short"),
    ],
)
def test_adduser_refuses_a_password_that_is_mistyped_or_weak(producer, typed, answers, wrong):
    typed(*answers)

    sentence = refusal(
        "adduser", "new@producer.example", "--tenant", producer.id, "--role", "reader"
    )
    assert wrong in sentence
    assert sentence.endswith("Nothing was changed.")


@pytest.mark.parametrize(
    "data", [b"", b"short\n", b"two\nlong lines\n", b"\xff" * 20, b"nul\0" * 5]
)
def test_adduser_refuses_a_piped_password_that_nobody_could_type(producer, piped, data):
    piped(data)

    assert "Password: " in refusal(
        "adduser", "new@producer.example", "--tenant", producer.id, "--role", "reader",
        "--password-stdin",
    )  # fmt: skip


def test_adduser_does_not_ask_where_there_is_no_terminal(producer, piped):
    piped(b"")

    assert "--password-stdin" in refusal(
        "adduser", "new@producer.example", "--tenant", producer.id, "--role", "reader"
    )


def test_adduser_lets_a_user_who_exists_act_for_another_tenant_too(producer, consumer):
    password = producer.manager.password
    told = run("adduser", "MANAGER@producer.example", "--tenant", consumer.id, "--role", "reader")

    assert "acts for tenant 5083310 as reader now, too" in told
    roles = dict(producer.manager.tenant_users.values_list("tenant", "role"))
    assert roles == {producer.id: "manager", consumer.id: "reader"}
    assert User.objects.get(pk=producer.manager.pk).password == password


def test_adduser_changes_a_role_and_says_what_it_was(producer):
    told = run("adduser", producer.manager.email, "--tenant", producer.id, "--role", "reader")

    assert "as reader now; before as manager" in told
    assert producer.manager.tenant_users.get().role == "reader"


def test_adduser_again_changes_nothing_and_says_so(producer):
    before = accounts()
    told = run("adduser", producer.reader.email, "--tenant", producer.id, "--role", "reader")

    assert told.endswith("already. Nothing was changed.\n")
    assert accounts() == before


@pytest.mark.parametrize(
    ("email", "tenant", "role", "wrong"),
    [
        ("new", "4471021", "reader", "valid email"),
        ("", "4471021", "reader", "required"),
        (f"{'x' * 250}@producer.example", "4471021", "reader", "at most 254"),
        ("new@producer.example\0", "4471021", "reader", "NUL"),
        ("a\udcff@producer.example", "4471021", "reader", "not UTF-8"),
        ("new@producer.example", "7000000", "reader", "Add it first: addtenant 7000000"),
        ("new@producer.example", "nobody", "reader", "not a valid tenant ID"),
        ("new@producer.example", "4471021", "owner", "invalid choice"),
    ],
)
def test_adduser_refuses_with_a_sentence(producer, piped, email, tenant, role, wrong):
    piped(PASSWORD.encode())

    assert wrong in refusal(
        "adduser", email, "--tenant", tenant, "--role", role, "--password-stdin"
    )  # fmt: skip


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError])
def test_leaving_the_password_prompt_is_no_traceback(producer, typed, monkeypatch, error):
    typed()

    def leave(prompt):
        raise error

    monkeypatch.setattr("sharing.management.commands.adduser.getpass", leave)
    assert refusal("adduser", "new@producer.example", "--tenant", producer.id, "--role", "reader")

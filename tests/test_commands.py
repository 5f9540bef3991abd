from io import StringIO

import pytest
from django.core.management import CommandError, call_command, get_commands

from sharing import handshake
from sharing.models import Event, Image, Membership
from tests.command_line import refusal, run
from tests.factories import ImageFactory, MembershipFactory
from tests.refusals import everything

pytestmark = pytest.mark.django_db
OURS = sorted(name for name, app in get_commands().items() if app == "sharing")


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="Debian 12")


@pytest.mark.parametrize("command", OURS)
def test_each_command_tells_its_manual(command, capsys):
    with pytest.raises(SystemExit) as left:
        call_command(command, "--help")
    assert left.value.code == 0
    assert len(capsys.readouterr().out) > 1000


@pytest.mark.parametrize("command", ["addtenant", "adduser", "loadimages", "offer"])
def test_a_command_without_its_arguments_is_refused(command):
    assert "required" in refusal(command)


def test_offer_prints_a_line_per_tenant_id_and_loses_none_to_a_bad_one(image, capsys):
    MembershipFactory(image=image, member_id="6120047", status="accepted")
    with pytest.raises(CommandError, match="Not offered to 2 of 4 tenant IDs"):
        call_command(
            "offer", str(image.pk), "5083310", "6120047", "4471021", "x", "--note", "Hej ✓"
        )

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "5083310: offered"
    assert lines[1].startswith("6120047: already a member, accepted since 20")
    assert lines[2:] == ["4471021: the owner's own ID", "x: not a valid tenant ID"]
    offered = image.memberships.get(member_id="5083310")
    assert (offered.status, offered.note) == ("pending", "Hej ✓")
    assert offered.offered_by == Event.objects.get(verb="offered").actor == "command line: offer"


def test_offer_repeated_is_no_failure(image):
    run("offer", image.pk, "5083310")

    assert "already a member, pending since" in run("offer", image.pk, "5083310")
    assert image.memberships.count() == 1


@pytest.mark.parametrize(
    ("image_id", "tenants", "wrong"),
    [
        ("x", ["5083310"], "“x” is not the UUID of an image."),
        ("", ["5083310"], "is not the UUID of an image."),
        ("a\0b", ["5083310"], "NUL"),
        ("00000000-0000-0000-0000-000000000000", ["5083310"], "There is no image"),
        (None, ["5083310", "--note", "x" * 501], "at most 500"),
        (None, ["5083310", "--note", "a\0b"], "NUL"),
        (None, ["1" * 10_000], "Not offered to 1 of 1"),
        (None, ["5083310\0"], "NUL"),
        (None, ["a\udcff"], "not UTF-8"),
    ],
)
def test_offer_refuses_with_a_sentence(image, image_id, tenants, wrong):
    assert wrong in refusal("offer", image.pk if image_id is None else image_id, *tenants)


@pytest.mark.parametrize("state", [{"visibility": "private"}, {"on_hold": True}])
def test_offer_tells_why_an_image_cannot_be_offered(image, state):
    Image.objects.update(**state)

    assert refusal("offer", image.pk, "5083310").endswith(".")


@pytest.fixture
def rejections(producer, consumer, image):
    """Two rejected members of the producer's image, one of the consumer's; and one who accepted."""
    theirs = ImageFactory(owner=consumer.tenant, name="a\x1b[31mname")
    for member_id in ("1", "2"):
        MembershipFactory(image=image, member_id=member_id, status="rejected")
    MembershipFactory(image=image, member_id="3", status="accepted")
    MembershipFactory(image=theirs, member_id="1", status="rejected")
    return image, theirs


def test_prune_deletes_what_is_rejected_and_says_how_many_of_which_image(rejections):
    mine, theirs = rejections
    told = run("prune")

    assert f"2  {mine.pk}  Debian 12\n" in told
    assert f"1  {theirs.pk}  a?[31mname\n" in told
    assert told.endswith("Pruned 3 rejected memberships of 2 images.\n")
    assert [m.status for m in Membership.objects.all()] == ["accepted"]
    assert set(Event.objects.values_list("verb", "actor")) == {("pruned", "command line: prune")}


def test_prune_of_one_owner_leaves_the_others(rejections, producer):
    assert run("prune", "--owner", producer.id).endswith(
        "Pruned 2 rejected memberships of 1 image.\n"
    )

    assert Membership.objects.rejected().count() == 1


@pytest.mark.parametrize(
    ("owner", "total"),
    [
        ((), "3 rejected memberships of 2 images"),
        (("--owner", "4471021"), "2 rejected memberships of 1 image"),
    ],
)
def test_prune_dry_run_tells_and_changes_nothing(rejections, owner, total):
    before = everything()
    told = run("prune", "--dry-run", *owner)

    assert f"2  {rejections[0].pk}  Debian 12\n" in told
    assert told.endswith(f"Would prune {total}.\n")
    assert everything() == before


def test_prune_of_nothing_is_no_failure(image):
    assert run("prune") == "Pruned 0 rejected memberships of 0 images.\n"
    assert run("prune", "--dry-run") == "Would prune 0 rejected memberships of 0 images.\n"


@pytest.mark.parametrize(
    ("owner", "wrong"),
    [
        ("7000000", "no tenant 7000000"),
        ("x", "not a valid tenant ID"),
        ("1\0", "NUL"),
        ("", "not a valid"),
    ],
)
def test_prune_refuses_an_owner_that_is_none(rejections, owner, wrong):
    assert wrong in refusal("prune", "--owner", owner)


class Terminal(StringIO):
    def isatty(self):
        return True


def test_prune_of_many_goes_in_pieces_and_shows_how_far_it_is(rejections, monkeypatch):
    monkeypatch.setattr("sharing.handshake.pieces.ROWS_A_PIECE", 1)
    monkeypatch.setattr("sharing.management.progress.SECONDS_A_DRAWING", 0)
    printed, drawn = StringIO(), Terminal()

    call_command("prune", stdout=printed, stderr=drawn)

    assert printed.getvalue().endswith("Pruned 3 rejected memberships of 2 images.\n")
    assert all(f"{done} of 3" in drawn.getvalue() for done in (1, 2, 3))


def test_prune_interrupted_tells_what_was_pruned_and_leaves_the_rest(rejections, monkeypatch):
    monkeypatch.setattr("sharing.handshake.pieces.ROWS_A_PIECE", 1)
    pruning = handshake.pruning

    def interrupted(**told):
        yield next(pruning(**told))
        raise KeyboardInterrupt

    monkeypatch.setattr(handshake, "pruning", interrupted)
    printed = StringIO()

    with pytest.raises(CommandError, match="prune again for the rest") as left:
        call_command("prune", stdout=printed)

    assert left.value.returncode == 130
    assert printed.getvalue().endswith("Pruned 1 rejected membership of 1 image.\n")
    assert Membership.objects.rejected().count() == 2

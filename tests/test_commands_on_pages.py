"""Each page where something is done shows the command that does the same, to who may do it."""

from string import Template

import pytest
from django.urls import reverse

from sharing.models import Image, Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.imported import imported, queued
from tests.pages import HTMX, read
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
TOKEN = '-H "X-Auth-Token: $(openstack token issue -f value -c id)"'
IMAGES = "http://testserver/image/v2/images"
COLUMNS = "--long -c ID -c Name -c Project"

# Of the owner's image, by what the page offers to do.
OFFER = "openstack image add project $i TENANT_ID"
CONFIRMED = (
    f"curl -X POST {TOKEN} -H 'Content-Type: application/json'"
    f' -d \'{{"member": "TENANT_ID", "note": "NOTE", "checklist": true}}\' {IMAGES}/$i/members'
)
NOTED = CONFIRMED.replace(', "checklist": true', "")
MEMBERS = "openstack image member list $i"
WITHDRAW = "openstack image remove project $i TENANT_ID"
PRUNE = f"curl -X POST {TOKEN} {IMAGES}/$i/actions/prune"
PROTECT, UNPROTECT = (f"openstack image set --{word}protected $i" for word in ("", "un"))
DELETE = "openstack image delete $i"
OPEN = "openstack image set --property redistributable=true $i"
CLOSE = "openstack image unset --property redistributable $i"
MADE_FROM = "openstack image set --property base_image_ref=PARENT_UUID $i"
ACKNOWLEDGE = "openstack image set --property export_acknowledged=true $i"
DOWNLOAD = "openstack image save --file='Fresh disk.img' $i"
FORMATS = "openstack image set --disk-format qcow2 --container-format bare $i"
IMPORT = f"curl {TOKEN} -H 'Content-Type: application/octet-stream' -T FILE {IMAGES}/$i/file"
# Of its member.
ACCEPT, REJECT, POSTPONE = (
    f"openstack image set --{word} $i" for word in ("accept", "reject", "pending")
)
BACK = [
    f"curl -X PUT {TOKEN} -H 'Content-Type: application/json' -d '{{\"status\": \"{status}\"}}'"
    f" {IMAGES}/$i/members/5083310"
    for status in ("accepted", "pending")
]
LIST, LIST_SHARED = "openstack image list", f"openstack image list --shared {COLUMNS}"
PRUNE_ALL = f"curl -X POST {TOKEN} http://testserver/image/v2/actions/prune"
CREATE = (
    "openstack image create --disk-format qcow2 --container-format bare --file FILE"
    " --property os_distro=debian NAME"
)

ELSEWHERE = [MADE_FROM, OPEN, PROTECT, DELETE]
OWNER = {
    "not offered": ({}, [*ELSEWHERE, OFFER, NOTED]),
    "not confirmed": ({"checklist_confirmed_at": None}, [*ELSEWHERE, OFFER, CONFIRMED]),
    "private": ({"visibility": "private"}, ELSEWHERE),
    "on hold": ({"on_hold": True}, [MADE_FROM, OPEN, PROTECT]),
    "protected": ({"protected": True}, [MADE_FROM, OPEN, UNPROTECT, OFFER, NOTED]),
    "redistributable": ({"redistributable": True}, [MADE_FROM, CLOSE, PROTECT, DELETE, OFFER, NOTED]),
    "accepted": ({"members": ["accepted"]}, [*ELSEWHERE, OFFER, NOTED, MEMBERS, WITHDRAW]),
    "rejected": ({"members": ["rejected"]}, [*ELSEWHERE, OFFER, NOTED, MEMBERS, WITHDRAW, PRUNE]),
}  # fmt: skip


def commands_of(answer, selector="main"):
    page = read(answer).one(selector)
    for box in page.all(".command"):
        assert box.one("code").words == " ".join(box.one("button.copy")["data-copy"].split())
    return [button["data-copy"] for button in page.all(".commands button.copy")]


def shown(client, name, *args, query=""):
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return commands_of(answer)


def of(image, lines):
    return [Template(line).safe_substitute(i=image.pk) for line in lines]


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant)


@pytest.mark.parametrize("case", OWNER)
def test_the_owner_sees_those_of_what_it_may_do_now(producer, case):
    facts, lines = OWNER[case]
    members = facts.pop("members", []) if (facts := dict(facts)) else []
    image = ImageFactory(owner=producer.tenant, **facts)
    for status in members:
        MembershipFactory(image=image, status=status)

    assert shown(producer.client(), "image", producer.id, image.pk) == of(image, lines)


def test_a_reader_of_the_owner_sees_those_that_change_nothing(producer):
    image = imported(producer)
    MembershipFactory(image=image, status="rejected")

    found = shown(producer.reader_client(), "image", producer.id, image.pk)

    assert found == of(image, [DOWNLOAD, MEMBERS])


def test_a_queued_image_is_imported_by_command_once_it_has_its_formats(producer):
    bare, said = queued(producer), queued(producer, disk_format="raw")
    for image, lines in ((bare, [FORMATS, IMPORT]), (said, [IMPORT])):
        answer = producer.client().get(reverse("image", args=[producer.id, image.pk]))
        assert commands_of(answer, "#import") == of(image, lines)
        reader = producer.reader_client().get(reverse("image", args=[producer.id, image.pk]))
        assert not read(reader).all("#import .command")


def test_an_image_on_hold_takes_no_data_by_command_either(producer):
    image = queued(producer)
    Image.objects.update(on_hold=True)

    assert of(image, [IMPORT])[0] not in shown(producer.client(), "image", producer.id, image.pk)


def test_what_was_made_from_a_shared_image_is_considered_by_command(producer, consumer, image):
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    own = imported(consumer, base_image_ref=image.pk)
    expected = of(own, [ACKNOWLEDGE])[0]

    assert expected in shown(consumer.client(), "image", consumer.id, own.pk)
    assert expected not in shown(consumer.reader_client(), "image", consumer.id, own.pk)


ANSWERS = {"pending": [ACCEPT, REJECT], "accepted": [POSTPONE, REJECT]}


@pytest.mark.parametrize("status", ANSWERS)
def test_a_member_sees_those_of_its_answer_alone(consumer, image, status):
    MembershipFactory(image=image, member_id=consumer.id, status=status)

    assert shown(consumer.client(), "image", consumer.id, image.pk) == of(image, ANSWERS[status])
    assert shown(consumer.reader_client(), "image", consumer.id, image.pk) == []


@pytest.mark.parametrize(
    ("status", "lines", "listing"),
    [
        ("pending", [ACCEPT, REJECT], f"openstack image list --shared --member-status pending {COLUMNS}"),
        ("accepted", [REJECT, POSTPONE], LIST_SHARED),
        ("rejected", BACK, f"openstack image list --shared --member-status rejected {COLUMNS}"),
    ],
)  # fmt: skip
def test_each_tab_of_the_inbox_shows_those_that_change_something(
    consumer, image, status, lines, listing
):
    MembershipFactory(image=image, member_id=consumer.id, status=status)
    query = f"?status={status}"

    found = shown(consumer.client(), "inbox", consumer.id, query=query)

    assert found == [*of(image, lines), listing]
    assert shown(consumer.reader_client(), "inbox", consumer.id, query=query) == [listing]


def test_a_card_that_comes_back_shows_them_again(consumer, image):
    offer = MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    data = {"offer": offer.pk, "tab": "pending"}

    answer = consumer.client().post(reverse("postpone", args=[consumer.id]), data, headers=HTMX)

    assert commands_of(answer, f"#offer-{offer.pk}") == of(image, [ACCEPT, REJECT])


def test_the_images_page_lists_and_prunes_by_command(producer, image):
    before = shown(producer.client(), "images", producer.id)
    MembershipFactory(image=image, status="rejected")

    assert before == [LIST, LIST_SHARED]
    assert shown(producer.client(), "images", producer.id) == [LIST, LIST_SHARED, PRUNE_ALL]
    assert shown(producer.reader_client(), "images", producer.id) == [LIST, LIST_SHARED]


def test_a_new_image_is_made_by_command(producer):
    assert shown(producer.client(), "new-image", producer.id) == [CREATE]


EACH = 'for tenant in $m; do openstack image remove project $i "$$tenant"; done'


@pytest.mark.parametrize(
    ("name", "query", "line"),
    [
        ("confirm-delete", "", DELETE),
        ("confirm-prune", "", PRUNE),
        ("confirm-withdraw", "?member=5083310", WITHDRAW.replace("TENANT_ID", "5083310")),
        ("confirm-withdraw", "?member=5083310&member=77", EACH.replace("$m", "5083310 77")),
        ("confirm-withdraw", "?all=1", EACH.replace("$m", f"$$({MEMBERS})").replace(
            "member list", 'member list -f value -c "Member ID"')),
    ],
)  # fmt: skip
def test_a_question_shows_what_it_asks_about(producer, image, name, query, line):
    MembershipFactory(image=image, member_id="5083310")

    found = shown(producer.client(), name, producer.id, image.pk, query=query)

    assert found == of(image, [line])


def test_the_questions_without_a_choice_show_theirs(producer, consumer, image):
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")

    assert shown(producer.client(), "confirm-prune-all", producer.id) == [PRUNE_ALL]
    assert shown(consumer.client(), "confirm-leave", consumer.id, image.pk) == of(image, [REJECT])


@pytest.mark.parametrize("name", ["activity"])
def test_where_nothing_is_done_there_is_none(producer, image, name):
    assert shown(producer.client(), name, producer.id) == []


def test_showing_them_changes_nothing(producer, image):
    with unchanged():
        shown(producer.client(), "image", producer.id, image.pk)


def test_a_page_of_25_offers_stays_light(consumer):
    MembershipFactory.create_batch(25, member_id=consumer.id, status=Membership.Status.REJECTED)

    answer = consumer.client().get(reverse("inbox", args=[consumer.id]) + "?status=rejected")

    assert len(commands_of(answer)) == 51

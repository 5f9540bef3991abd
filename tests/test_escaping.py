"""What people write is shown as they wrote it, and is never markup."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import ImageTag, Membership, Tenant
from tests.factories import ImageFactory, TenantFactory, TenantUserFactory
from tests.pages import HTMX, read

pytestmark = pytest.mark.django_db
HOSTILE = """</title></textarea>"'><evil onload=alert(1)>{{ 7|add:7 }}{% now "Y" %}&amp;"""


@pytest.fixture
def image(producer, consumer):
    """Every text that a person writes is hostile."""
    Tenant.objects.update(name=HOSTILE, contact=HOSTILE, support_note=HOSTILE)
    for party in (producer, consumer):
        party.tenant.refresh_from_db()
        TenantUserFactory(user=party.manager, tenant=TenantFactory(name=HOSTILE))
    parent = ImageFactory(owner=producer.tenant, name=HOSTILE)
    image = ImageFactory(
        owner=producer.tenant, name=HOSTILE, base_image_ref=parent.pk, disk_format="<evil>", container_format="<evil>",
        os_hash_algo="<evil>", os_hash_value="<evil>", checksum="<evil>", checklist_confirmed_by="<evil>",
        properties={HOSTILE: HOSTILE, "os_distro": HOSTILE, "os_version": HOSTILE, "architecture": HOSTILE},
    )  # fmt: skip
    ImageTag.objects.create(image=image, name=HOSTILE)
    for shared in (parent, image):
        handshake.offer(shared, [consumer.id], note=HOSTILE, by=producer.by)
    return image


def assert_is_text_alone(answer, *, often):
    """The words stand in the page as text or in attributes, at least so often, and made no part of it."""
    page = read(answer)
    assert not page.all("evil")
    values = [value for part in page for value in part.attributes.values()]
    assert page.words.count(HOSTILE) + sum(value.count(HOSTILE) for value in values) >= often


@pytest.mark.parametrize(
    ("party", "name", "query", "often"),
    [
        ("consumer", "inbox", "", 8),
        ("consumer", "image", "", 10),
        ("consumer", "images", "", 1),
        ("consumer", "activity", "", 4),
        ("consumer", "help", "", 2),
        ("consumer", "confirm-leave", "", 2),
        ("producer", "images", "", 4),
        ("producer", "image", "", 7),
        ("producer", "activity", "", 4),
        ("producer", "confirm-withdraw", "?all=1", 2),
        ("producer", "confirm-withdraw", "?member=%3Cevil%3E", 2),
        ("producer", "confirm-delete", "", 2),
        ("producer", "confirm-prune", "", 2),
    ],
)
def test_on_every_page(request, image, party, name, query, often):
    party = request.getfixturevalue(party)
    if name == "confirm-leave":
        Membership.objects.update(status="accepted")
    of_image = name == "image" or name.startswith("confirm")
    args = [party.id, image.pk] if of_image else [party.id]

    answer = party.client().get(reverse(name, args=args) + query)

    assert answer.status_code == 200
    assert_is_text_alone(answer, often=often)


@pytest.mark.parametrize("tab", ["pending", "accepted", "rejected"])
def test_in_every_tab_and_every_folded_line_of_the_inbox(consumer, image, tab):
    client, offer = consumer.client(), Membership.objects.get(image=image)
    Membership.objects.update(status=tab)
    for verb in ("accept", "reject", "postpone"):
        data = {"offer": offer.pk, "tab": tab}

        assert_is_text_alone(
            client.post(reverse(verb, args=[consumer.id]), data, headers=HTMX), often=2
        )
        assert_is_text_alone(client.get(reverse("inbox", args=[consumer.id]), data), often=2)


@pytest.mark.parametrize("name", ["images", "inbox", "activity"])
def test_in_the_search_and_in_the_links_that_keep_it(consumer, image, name):
    address = reverse(name, args=[consumer.id])

    answer = consumer.client().get(address, {"q": HOSTILE, HOSTILE: HOSTILE})

    assert answer.status_code == 200
    assert_is_text_alone(answer, often=2)


@pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    "note", ["", HOSTILE, HOSTILE * 10], ids=["offered", "with a note", "refused"]
)
def test_in_the_result_lines_and_the_form_of_an_offer(producer, image, note, how):
    client = producer.client()

    answer = client.post(
        reverse("offer", args=[producer.id, image.pk]),
        {"tenant_ids": f"1 {HOSTILE}", "note": note},
        **how,
    )

    if answer.status_code == 302:
        answer = client.get(answer["Location"])
    assert_is_text_alone(answer, often=2)


def test_in_the_messages_after_a_verb(producer, image):
    client = producer.client()

    led = client.post(reverse("delete", args=[producer.id, image.pk]))

    answer = client.get(led["Location"])
    assert HOSTILE in read(answer).one("#messages").words
    assert_is_text_alone(answer, often=2)


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/"])
def test_in_the_forms_of_who_is_not_signed_in(client, address):
    data = {"login": HOSTILE, "email": HOSTILE, "password": "x", "next": f"/{HOSTILE}"}

    assert_is_text_alone(client.post(address, data), often=1)
    assert_is_text_alone(client.get(address, {"next": f"/{HOSTILE}"}), often=1)

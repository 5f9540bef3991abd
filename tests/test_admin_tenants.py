import pytest
from django.test import Client
from django.urls import reverse

from sharing.models import Tenant, TenantUser
from tests.conftest import signed_in
from tests.factories import ImageFactory, TenantUserFactory, UserFactory
from tests.operating import filled_in, list_url, page_of
from tests.racing import together

pytestmark = pytest.mark.django_db
ADD = "/admin/sharing/tenant/add/"
NO_USERS = {
    "tenant_users-TOTAL_FORMS": 1,
    "tenant_users-INITIAL_FORMS": 0,
    "tenant_users-0-user": "",
    "tenant_users-0-role": "reader",
}

ADDED = "was added successfully"
SENTENCES = (
    ADDED,
    "Tenant with this Tenant ID already exists.",
    "Somebody else saved the same at this moment.",
)


def test_an_operator_adds_a_tenant_with_its_first_user(operator_client):
    user = UserFactory()
    body = NO_USERS | {
        "id": "7300001",
        "name": "New",
        "contact": "help@new.example",
        "support_note": "Weekdays.",
    }

    operator_client.post(
        ADD, body | {"tenant_users-0-user": user.pk, "tenant_users-0-role": "manager"}
    )

    tenant = Tenant.objects.get()
    assert (tenant.pk, tenant.contact, tenant.support_note) == (
        "7300001",
        "help@new.example",
        "Weekdays.",
    )
    assert TenantUser.objects.get().role == "manager"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id": "abc"}, "“abc” is not a valid tenant ID."),
        ({"id": "7" * 65}, "at most 64 characters"),
        ({"id": "73\x0000"}, "Null characters are not allowed."),
        ({"id": "4471021"}, "Tenant with this Tenant ID already exists."),
        ({"name": ""}, "This field is required."),
        ({"name": "n" * 201}, "at most 200 characters"),
        ({"support_note": "n" * 1001}, "at most 1000 characters"),
        ({"tenant_users-0-user": "junk"}, "That choice is not one of the available choices."),
        ({"tenant_users-0-user": "9" * 30}, "That choice is not one of the available choices."),
        ({"tenant_users-TOTAL_FORMS": "junk"}, "ManagementForm data is missing"),
    ],
)  # fmt: skip
def test_a_tenant_that_cannot_be_is_refused_with_a_sentence(
    producer, operator_client, fields, sentence
):
    answer = operator_client.post(ADD, NO_USERS | {"id": "7300001", "name": "New"} | fields)

    assert sentence in answer.content.decode()
    assert Tenant.objects.get() == producer.tenant


def test_a_tenant_keeps_its_id(producer, operator_client):
    body = filled_in(operator_client, producer.tenant, id="7300001", name="Renamed")

    operator_client.post(page_of(producer.tenant), body)

    tenant = Tenant.objects.get()
    assert (tenant.pk, tenant.name) == (producer.id, "Renamed")


def test_users_of_a_tenant_are_added_changed_and_removed_on_its_page(producer, operator_client):
    fresh = UserFactory()
    body = filled_in(
        operator_client, producer.tenant,
        **{"tenant_users-0-role": "reader", "tenant_users-1-DELETE": "on", "tenant_users-2-0-user": fresh.pk},
    )  # fmt: skip

    operator_client.post(page_of(producer.tenant), body)

    roles = dict(TenantUser.objects.values_list("user_id", "role"))
    assert roles == {producer.manager.pk: "reader", fresh.pk: "reader"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tenant_users-0-role": "owner"}, "owner is not one of the available choices."),
        ({"tenant_users-2-0-user": "manager"}, "This user already acts for this tenant."),
    ],
    ids=["unknown role", "user twice"],
)
def test_a_user_that_cannot_act_is_refused_with_a_sentence(
    producer, operator_client, fields, sentence
):
    fields = {
        name: producer.manager.pk if value == "manager" else value for name, value in fields.items()
    }

    answer = operator_client.post(
        page_of(producer.tenant), filled_in(operator_client, producer.tenant, **fields)
    )

    assert sentence in answer.content.decode()
    assert dict(TenantUser.objects.values_list("user_id", "role")) == {
        producer.manager.pk: "manager",
        producer.reader.pk: "reader",
    }


def test_users_are_looked_up_never_listed_in_a_drop_down(producer, operator_client):
    UserFactory(email="somebody@else.example")

    assert (
        "somebody@else.example"
        not in operator_client.get(page_of(producer.tenant)).content.decode()
    )


@pytest.mark.parametrize("term", ["4471", "4471021", "roduc", "manager@producer.example"])
def test_a_tenant_is_found_by_the_beginning_of_its_id_its_name_and_its_users(
    producer, consumer, operator_client, term
):
    found = operator_client.get(list_url(Tenant), {"q": term}).context["cl"].result_list

    assert list(found) == [producer.tenant]


def test_a_tenant_is_not_deleted_whatever_it_owns(producer, operator_client):
    ImageFactory(owner=producer.tenant)
    address = reverse("admin:sharing_tenant_delete", args=(producer.id,))

    assert operator_client.post(address, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in operator_client.get(list_url(Tenant)).content.decode()
    assert Tenant.objects.get() == producer.tenant


def test_a_tenants_page_leads_to_the_images_that_it_owns(producer, consumer, operator_client):
    mine, _ = ImageFactory(owner=producer.tenant), ImageFactory(owner=consumer.tenant)
    page = operator_client.get(page_of(producer.tenant)).content.decode()
    address = f"/admin/sharing/image/?owner__exact={producer.id}"

    assert address in page
    assert list(operator_client.get(address).context["cl"].result_list) == [mine]


def test_the_query_count_of_a_tenants_page_does_not_grow_with_its_users(
    producer, operator_client, django_assert_num_queries
):
    def queries() -> None:
        # Session, user, tenant, its users; bytes stored and on their way, and images, for what it uses.
        with django_assert_num_queries(5):
            operator_client.get(page_of(producer.tenant))

    queries()
    TenantUserFactory.create_batch(20, tenant=producer.tenant)
    queries()


def test_a_tenant_with_more_users_than_a_form_carries_can_still_be_saved(producer, operator_client):
    TenantUserFactory.create_batch(110, tenant=producer.tenant)
    body = filled_in(operator_client, producer.tenant, name="Renamed")

    operator_client.post(page_of(producer.tenant), body)

    assert body["tenant_users-TOTAL_FORMS"] == 100
    assert Tenant.objects.get().name == "Renamed"
    assert TenantUser.objects.count() == 112


@pytest.mark.django_db(transaction=True)
def test_a_tenant_added_twice_at_the_same_moment_is_added_once_and_the_other_is_told(operator_user):
    clients = [signed_in(operator_user), signed_in(operator_user)]

    def add(client: Client, tenant_id: str) -> str:
        answer = client.post(ADD, NO_USERS | {"id": tenant_id, "name": "New"}, follow=True)
        # Not from the context: the test client collects those of all threads.
        [said] = [sentence for sentence in SENTENCES if sentence in answer.content.decode()]
        return said

    with together() as race:
        for tenant_id in map(str, range(7300001, 7300016)):
            one, other = clients
            outcomes = race(
                lambda i=tenant_id, c=one: add(c, i), lambda i=tenant_id, c=other: add(c, i)
            )
            assert outcomes.count(ADDED) == 1

    assert Tenant.objects.count() == 15

"""Withdraw and prune from the image's page: the question that names the consequence, and the act."""

import pytest
from django.urls import reverse

from sharing import handshake
from sharing.models import Membership
from tests.factories import ImageFactory, MembershipFactory
from tests.pages import HTMX, read, told
from tests.refusals import unchanged

pytestmark = pytest.mark.django_db
HOW = pytest.mark.parametrize("how", [{}, {"headers": HTMX}], ids=["plain", "htmx"])


@pytest.fixture
def client(producer):
    return producer.client()


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="debian-12")


@pytest.fixture
def members(image):
    """Two that accepted, one that waits, one that rejected."""
    for n, status in enumerate(("accepted", "accepted", "pending", "rejected"), start=1):
        MembershipFactory(image=image, member_id=str(n), status=status)


@pytest.fixture
def ask(client, producer, image):
    def get(verb, **query):
        answer = client.get(reverse(f"confirm-{verb}", args=[producer.id, image.pk]), query)
        assert answer.status_code == 200
        return read(answer).one("#confirm")

    return get


@pytest.fixture
def act(client, producer, image):
    """Posts; follows where a plain form is led. Gives the page, or the fragment."""

    def post(verb, how, status=200, **data):
        answer = client.post(reverse(verb, args=[producer.id, image.pk]), data, **how)
        if not how and status == 200:
            assert answer.status_code == 302
            assert answer["Location"] == reverse("image", args=[producer.id, image.pk])
            answer = client.get(answer["Location"])
        assert answer.status_code == status
        page = read(answer)
        assert bool(page.all("html")) == (not how)
        return page

    return post


def fields(form):
    return [
        (f["name"], f["value"]) for f in form.all("input") if f["name"] != "csrfmiddlewaretoken"
    ]


def left():
    return sorted(Membership.objects.values_list("member_id", flat=True))


@pytest.mark.usefixtures("members")
class TestWithdrawQuestion:
    @pytest.mark.parametrize(
        ("chosen", "title", "consequence"),
        [
            ({"all": "1"}, "from 4 tenants?", "2 tenants have accepted this image and lose it at once;"),
            ({"member": ["1", "3"]}, "from 2 tenants?", "1 tenant has accepted this image and loses it at once;"),
            ({"member": "1"}, "from 1 tenant?", "1 tenant has accepted this image and loses it at once;"),
            ({"member": ["3", "4"]}, "from 2 tenants?", "None of them has accepted it."),
        ],
    )  # fmt: skip
    def test_names_how_many_and_how_many_accepted(self, ask, chosen, title, consequence):
        with unchanged():
            question = ask("withdraw", **chosen)

        assert question.one("h2").words == f"Withdraw “debian-12” {title}"
        assert consequence in question.words
        assert ("what they built from it stays theirs." in question.words) == (
            "None" not in consequence
        )

    def test_does_what_it_names(self, ask, client):
        for chosen, remain in (({"member": ["1", "3"]}, ["2", "4"]), ({"all": "1"}, [])):
            form = ask("withdraw", **chosen).one("form")
            data = {name: [v for n, v in fields(form) if n == name] for name, _ in fields(form)}

            assert client.post(form["action"], data).status_code == 302
            assert left() == remain

    def test_counts_who_is_a_member_still(self, ask):
        assert "from 1 tenant?" in ask("withdraw", member=["1", "987"]).one("h2").words

    def test_leads_back_without_doing_anything(self, ask, producer, image):
        cancel = ask("withdraw", all="1").one("a[data-close]")

        assert cancel["href"] == reverse("image", args=[producer.id, image.pk])

    @HOW
    def test_is_not_asked_about_nobody(self, client, producer, image, how):
        answer = client.get(reverse("confirm-withdraw", args=[producer.id, image.pk]), **how)

        assert answer.status_code == 422
        assert "Members: choose at least one." in read(answer).one("#error").words


@pytest.mark.usefixtures("members")
class TestWithdraw:
    @HOW
    @pytest.mark.parametrize(
        ("chosen", "remain", "said"),
        [
            ({"member": "1"}, ["2", "3", "4"], "1 tenant"),
            ({"member": ["1", "3"]}, ["2", "4"], "2 tenants"),
            ({"member": ["1", "987"]}, ["2", "3", "4"], "1 tenant"),
            ({"all": "1"}, [], "4 tenants"),
            ({"all": "1", "member": "1"}, [], "4 tenants"),
        ],
        ids=["one", "several", "one of whom is gone", "all", "all whatever is chosen"],
    )
    def test_ends_the_memberships_and_shows_the_fresh_list(self, act, chosen, remain, said, how):
        page = act("withdraw", how, **chosen)

        assert left() == remain
        assert told(page) == [f"Withdrew the image from {said}."]
        assert page.texts("#members tbody th") == remain[::-1]

    @HOW
    @pytest.mark.parametrize("chosen", [{"member": "1"}, {"all": "1"}], ids=["one", "all"])
    def test_of_what_is_gone_shows_the_fresh_list_and_says_so(
        self, act, producer, image, chosen, how
    ):
        handshake.withdraw(image, None if "all" in chosen else ["1"], by=producer.by)

        with unchanged():
            page = act("withdraw", how, status=409, **chosen)

        assert told(page) == ["There was nothing left to withdraw: somebody else did it meanwhile."]
        assert page.texts("#members tbody th") == left()[::-1]

    @HOW
    def test_of_nobody_is_refused(self, client, producer, image, how):
        with unchanged():
            answer = client.post(reverse("withdraw", args=[producer.id, image.pk]), **how)

        assert answer.status_code == 422
        assert "Members: choose at least one." in read(answer).one("#error").words

    @HOW
    def test_by_htmx_the_answer_is_the_members_list_alone(self, act, how):
        page = act("withdraw", how, all="1")

        assert page.one("#members").one(".empty").words.startswith("Not offered to anybody yet.")
        assert bool(page.all("#facts-title")) == (not how)


class TestPrune:
    @pytest.mark.usefixtures("members")
    def test_asks_with_the_number_and_what_happens_to_who_changes_its_mind(self, ask):
        with unchanged():
            question = ask("prune")

        assert question.one("h2").words == "Prune 1 rejected of “debian-12”?"
        assert "changes its mind to accepted before you confirm stays a member." in question.words
        assert question.one("button.danger").words == "Prune 1 rejected"

    @HOW
    @pytest.mark.usefixtures("members")
    def test_ends_what_is_rejected_and_nothing_else(self, act, how):
        other = MembershipFactory(member_id="4", status="rejected")

        page = act("prune", how)

        assert left() == ["1", "2", "3", "4"]
        assert Membership.objects.rejected().get() == other
        assert told(page) == ["Pruned 1 tenant that had rejected."]
        assert page.texts("#members tbody th") == ["3", "2", "1"]

    @HOW
    @pytest.mark.usefixtures("members")
    def test_spares_who_changed_its_mind_after_the_question(self, ask, act, image, how):
        ask("prune")
        Membership.objects.filter(member_id="4").update(status="accepted")

        with unchanged():
            page = act("prune", how)

        assert told(page) == ["Pruned 0 tenants that had rejected."]

    @HOW
    def test_of_nothing_is_no_error(self, act, how):
        assert told(act("prune", how)) == ["Pruned 0 tenants that had rejected."]

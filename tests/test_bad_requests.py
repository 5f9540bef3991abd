"""Addresses and headers that no page makes, and forms sent twice. Never a 500; nothing changes."""

import pytest
from django.test import Client
from django.urls import reverse

from sharing.converters import TenantIDConverter
from tests.pages import read
from tests.refusals import unchanged
from tests.scene import Scene, build_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return build_scene()


QUERIES = [
    "&".join(f"q={n}" for n in range(10_000)), "q=%FF", "q=%ED%A0%80", "status=%FF", "page=%FF", "%00=%00",
    "answered=%00", "=&&==&%", "q[]=1&status[]=x", "q=" + "%F0%9F%90%A7" * 255, "q=" + "%", "verb=%E2%80%AE",
]  # fmt: skip


@pytest.mark.parametrize("name", ["inbox", "images", "activity", "help", "confirm-prune-all"])
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
def test_a_broken_query_shows_the_page_or_a_sentence(scene, name, query):
    answer = scene.clients["owner"].get(f"{reverse(name, args=[scene.producer.id])}?{query}")

    assert answer.status_code in (200, 400, 422)
    page = read(answer)
    assert answer.status_code == 200 or page.one("#error").words


TENANTS = [
    "%00", "4471021%00", "4471021%0A", "%FF", "%ED%A0%80", "\N{FULLWIDTH DIGIT FOUR}", "-1", "1.0", "4" * 21,
    "4" * 50_000, "4471021%20", "%2e%2e", "'", "4471021'--", "%F0%9F%90%A7", "4471021;",
]  # fmt: skip


@pytest.mark.parametrize("tenant_id", TENANTS, ids=lambda text: text[:30])
def test_a_malformed_tenant_id_is_no_page(scene, tenant_id):
    for client in scene.clients.values():
        for path in ("inbox/", "images/", f"images/{scene.image.pk}/", "help/"):
            answer = client.get(f"/t/{tenant_id}/{path}")

            assert answer.status_code == 404
            assert read(answer).one("#error").words


IMAGES = [
    "%00", "x", "1", "6b7ff62e", "6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4%00", "{6b7ff62e-6a71-4f6d-8b0a-9fcb04c1d6a4}",
    "6b7ff62e6a714f6d8b0a9fcb04c1d6a4", "g" * 36, "f" * 50_000, "%FF", "%ED%A0%80",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "01890a5d-ac96-774b-bcce-b302099a8057",
]  # fmt: skip


@pytest.mark.parametrize("image_id", IMAGES, ids=lambda text: text[:40])
def test_a_malformed_or_unknown_image_is_no_page(scene, image_id):
    with unchanged():
        for caller in ("owner", "accepted", "stranger"):
            client, tenant_id = scene.clients[caller], scene.tenant_of(caller)
            for path in ("", "delete/confirm/", "leave/confirm/"):
                answer = client.get(f"/t/{tenant_id}/images/{image_id}/{path}")
                assert answer.status_code == 404
                assert read(answer).one("#error").words
            assert client.get(f"/images/{image_id}/").status_code == 404
            for verb in ("offer", "withdraw", "prune", "delete"):
                answer = client.post(
                    f"/t/{tenant_id}/images/{image_id}/{verb}/", {"tenant_ids": "1", "all": "1"}
                )
                assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/%FF",
        "/%ED%A0%80/",
        "/accounts/%00/",
        "/t/",
        "/t//inbox/",
        "//",
        "/" + "x" * 9999,
        "/admin/%00/",
        "/;/?",
    ],
)
def test_an_address_where_nothing_is_is_404_or_leads_to_the_sign_in(client, path):
    answer = client.get(path)

    assert answer.status_code in (302, 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Current-URL": "http://["},
        {"HX-Request": "true", "HX-Current-URL": "%00", "HX-Current-URL-URI-AutoEncoded": "true"},
        {"HX-Request": "true", "HX-Trigger": "\xff", "HX-Target": "'\""},
        {"HX-Request": "maybe", "HX-Boosted": "true"},
        {
            "Referer": "http://[",
            "Accept-Language": "x" * 5000,
            "Accept": "\x00",
            "Range": "bytes=-1",
        },
        {"Cookie": "sessionid=; csrftoken=x; messages=junk; ;;=;"},
        {
            "If-None-Match": '"x"',
            "If-Modified-Since": "yesterday",
            "Accept-Encoding": "gzip;q=x, \xff",
        },
        {
            "X-Forwarded-For": "junk",
            "X-Forwarded-Proto": "junk",
            "X-Forwarded-Host": "evil.example",
        },
    ],
    ids=str,
)
def test_broken_headers_break_no_page(scene, headers):
    for client in (Client(), scene.clients["owner"]):
        for path in ("/accounts/login/", reverse("inbox", args=[scene.producer.id])):
            assert client.get(path, headers=headers).status_code in (200, 302)


@pytest.mark.parametrize("given", ["\x00", "1\x00", "x" * 65])
def test_a_looser_pattern_of_tenant_ids_lets_no_nul_into_the_database(settings, given):
    settings.TENANT_ID_PATTERN = r"[^/]+"

    # A ValueError tells Django that the address is no page.
    with pytest.raises(ValueError):  # noqa: PT011
        TenantIDConverter().to_python(given)


class TestReplayed:
    """The same form sent twice, as by a reload or an impatient hand."""

    @pytest.mark.parametrize(
        ("verb", "caller", "data", "second"),
        [
            ("offer", "owner", {"tenant_ids": "1"}, 302),
            ("prune", "owner", {}, 302),
            ("prune-all", "owner", {}, 302),
            ("withdraw", "owner", {"member": "5083311"}, 409),
            ("withdraw", "owner", {"all": "1"}, 409),
            ("delete", "owner", {}, 404),
            ("accept", "pending", {"tab": "pending"}, 302),
            ("postpone", "accepted", {"tab": "accepted"}, 302),
            ("reject", "accepted", {"tab": "accepted", "from_image": "1"}, 302),
        ],
    )  # fmt: skip
    def test_changes_nothing_the_second_time(self, scene, verb, caller, data, second):
        client = scene.clients[caller]
        in_image = caller == "owner" and verb != "prune-all"
        args = [scene.tenant_of(caller), *([scene.image.pk] if in_image else [])]
        data = data if caller == "owner" else data | {"offer": scene.offer_to(caller).pk}

        first = client.post(reverse(verb, args=args), data)
        with unchanged():
            again = client.post(reverse(verb, args=args), data)

        assert (first.status_code, again.status_code) == (302, second)

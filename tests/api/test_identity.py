"""Identity v3, as much as clients need: discovery, what is told of oneself, and nothing of anybody else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.api.client import Api, api, reader_api
from tests.api.signing_in import ask, by_credential, by_password, credential_of, granted, token_from
from tests.clients.recording import EXCHANGES
from tests.factories import TenantUserFactory

pytestmark = pytest.mark.django_db

V3 = "/identity/v3"
VERSION = {
    "id": "v3.14",
    "status": "stable",
    "updated": "2020-04-07T00:00:00Z",
    "links": [{"rel": "self", "href": "http://testserver/identity/v3/"}],
    "media-types": [
        {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
    ],
}


class TestDiscovery:
    @pytest.mark.parametrize("path", ["/identity", "/identity/"])
    def test_of_the_service_is_300_with_its_versions(self, path):
        told = Api().get(path)
        assert (told.status, told.json) == (300, {"versions": {"values": [VERSION]}})

    @pytest.mark.parametrize("path", [V3, f"{V3}/"])
    def test_of_the_version_is_as_recorded(self, path):
        told = Api().get(path)
        recorded = EXCHANGES["GET {identity}/v3 -> 200"]
        assert (told.status, told.json) == (200, {"version": VERSION})
        assert told.json["version"].keys() == recorded["response_body"]["version"].keys()
        assert recorded["response_headers"].items() <= told.headers.items()

    @pytest.mark.parametrize("path", ["/identity", V3])
    def test_asks_for_no_token_and_not_the_database(self, path):
        with CaptureQueriesContext(connection) as captured:
            assert Api("junk").get(path).status in (200, 300)
        assert len(captured) == 0


class TestProjects:
    def test_are_told_with_all_that_the_user_acts_for(self, producer, consumer):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant, role="reader")
        told = api(producer).get(f"{V3}/auth/projects")
        assert told.status == 200
        assert {one["id"] for one in told.json["projects"]} == {producer.id, consumer.id}

    def test_are_told_to_a_credential_as_its_own_alone(self, producer, consumer):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant)
        token = token_from(by_credential(*credential_of(producer)))
        told = Api(token).get(f"{V3}/auth/projects")
        assert [one["id"] for one in told.json["projects"]] == [producer.id]

    @pytest.mark.parametrize("path", ["{id}", "{id}/"])
    def test_one_s_own_is_shown_by_its_id(self, producer, path):
        told = reader_api(producer).get(f"{V3}/projects/{path.format(id=producer.id)}")
        assert told.status == 200
        shown = told.json["project"]
        assert (shown["id"], shown["name"], shown["enabled"]) == (producer.id, "Producer", True)

    @pytest.mark.parametrize("name", ["Producer", "4471021"])
    def test_one_s_own_is_found_by_its_name_or_its_id(self, producer, name):
        told = api(producer).get(f"{V3}/projects?name={name}")
        assert told.status == 200
        assert [one["id"] for one in told.json["projects"]] == [producer.id]

    @pytest.mark.parametrize("known", ["5083310", "Consumer"])
    @pytest.mark.parametrize(
        ("path", "action"), [("projects/{}", "get_project"), ("projects?name={}", "list_projects")]
    )
    def test_any_other_is_refused_the_same_whether_it_exists_or_not(
        self, producer, consumer, known, path, action
    ):
        TenantUserFactory(user=producer.manager, tenant=consumer.tenant)
        asking = api(producer)
        there, missing = (asking.get(f"{V3}/{path.format(one)}") for one in (known, "9999999"))
        recorded = EXCHANGES[f"GET {{identity}}/v3/{path.format('{project:consumer1}')} -> 403"]
        assert there == missing
        assert (there.status, there.json) == (403, recorded["response_body"])
        assert recorded["response_headers"].items() <= there.headers.items()
        assert action in there.message

    @pytest.mark.parametrize(
        "query", ["", "?name=", "?name=Producer&name=Consumer", "?x=Producer", "?name=producer"]
    )
    def test_are_never_listed(self, producer, consumer, query):
        assert api(producer).get(f"{V3}/projects{query}").status == 403

    def test_cost_the_same_statements_whether_they_exist_or_not(self, producer, consumer):
        asking = api(producer)
        for path in ("projects/{}", "projects?name={}"):
            seen = []
            for name in (consumer.id, "9999999"):
                with CaptureQueriesContext(connection) as captured:
                    asking.get(f"{V3}/{path.format(name)}")
                seen.append([query["sql"].replace(name, "x") for query in captured])
            assert seen[0] == seen[1]


class TestUsers:
    def test_one_s_own_is_shown(self, producer):
        told = api(producer).get(f"{V3}/users/{producer.manager.pk}")
        assert told.status == 200
        shown = told.json["user"]
        assert (shown["id"], shown["name"]) == (str(producer.manager.pk), producer.manager.email)

    @pytest.mark.parametrize("known", ["reader", "of another tenant", "none", "text", "nul"])
    def test_any_other_is_refused_the_same_whether_it_exists_or_not(
        self, producer, consumer, known
    ):
        pk = {
            "reader": producer.reader.pk, "of another tenant": consumer.manager.pk, "none": 10**9,
            "text": "manager@producer.example", "nul": "%00",
        }[known]  # fmt: skip
        told = api(producer).get(f"{V3}/users/{pk}")
        message = "You are not authorized to perform the requested action: identity:get_user."
        error = {"code": 403, "message": message, "title": "Forbidden"}
        assert (told.status, told.json) == (403, {"error": error})


def test_the_catalog_is_that_of_the_token(producer):
    told = api(producer).get(f"{V3}/auth/catalog")
    assert told.status == 200
    assert told.json["catalog"] == granted(by_password(producer)).json["token"]["catalog"]


def test_the_region_of_the_catalog_is_the_portal_s(producer, settings):
    settings.REGION = "north-1"
    catalog = api(producer).get(f"{V3}/auth/catalog").json["catalog"]
    regions = {one["region"] for service in catalog for one in service["endpoints"]}
    assert regions == {"north-1"}


NEED_A_TOKEN = [
    f"{V3}/auth/tokens", f"{V3}/auth/projects", f"{V3}/auth/catalog", f"{V3}/users/1", f"{V3}/projects?name=x",
    f"{V3}/projects/1", "/image/v2/images", "/image/v2/schemas/image",
]  # fmt: skip


class TestSessions:
    """They belong to the pages, and tokens to the API."""

    @pytest.mark.parametrize("path", NEED_A_TOKEN)
    def test_a_signed_in_browser_is_nobody_here(self, producer, path):
        browser = producer.client()
        assert browser.get("/").status_code in (200, 302)
        cookie = browser.cookies.output(header="", sep=";").strip()
        with CaptureQueriesContext(connection) as captured:
            told = Api().get(path, Cookie=cookie)
        assert told.status == 401
        assert told == Api().get(path)
        assert not any("session" in query["sql"] for query in captured)

    def test_no_cookie_is_ever_set(self, producer):
        asking = api(producer)
        for told in (
            Api().get(V3), ask(by_password(producer)), ask(by_password(producer, password="wrong")), ask({}),
            asking.get(f"{V3}/auth/projects"), asking.get("/image/v2/images"), asking.get("/image/x"),
            asking.post("/image/v2/images", {}),
        ):  # fmt: skip
            assert (
                not {"Set-Cookie", "Content-Security-Policy", "X-Frame-Options"}
                & told.headers.keys()
            )
            assert told.headers["X-Content-Type-Options"] == "nosniff"

    def test_signing_in_here_signs_nobody_in_to_the_pages(self, producer):
        with CaptureQueriesContext(connection) as captured:
            granted(by_password(producer))
        assert not any("session" in query["sql"] for query in captured)

    def test_a_token_opens_no_page(self, producer):
        token = token_from(by_password(producer))
        page = Client().get(f"/t/{producer.id}/images/", headers={"X-Auth-Token": token})
        assert page.status_code == 302
        assert page["Location"].startswith("/accounts/login/")


class TestMiddleware:
    def test_of_the_pages_is_never_run_by_the_api(self, producer, monkeypatch):
        def fails(*args, **kwargs):
            raise AssertionError("A middleware of the pages was run.")

        from portal import wsgi

        monkeypatch.setattr(wsgi.django, "_middleware_chain", fails)
        assert Api().get(V3).status == 200
        assert api(producer).get("/image/v2/images").status == 200
        assert Api().get("/image/nothing").status == 404

    @pytest.mark.parametrize("path", ["/", "/images/", "/imagery", "/identityx", "/t/1/images/"])
    def test_pages_never_reach_the_api(self, db, monkeypatch, path):
        from sharing.api import application

        def fails(*args, **kwargs):
            raise AssertionError("The API was asked for a page.")

        monkeypatch.setattr(application, "application", fails)
        told = Api().get(path)
        assert told.headers["Content-Type"].startswith("text/html")
        assert "Content-Security-Policy" in told.headers


class TestAnswers:
    def test_are_kept_by_nobody(self, producer):
        for told in (
            Api().get(V3),
            ask(by_password(producer)),
            ask({}),
            api(producer).get("/image/v2/images/x"),
        ):
            assert told.headers["Cache-Control"] == "no-store"

    def test_tell_over_https_to_keep_to_it(self, settings):
        settings.SECURE_HSTS_SECONDS = 3600
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        told = Api().get(V3, X_Forwarded_Proto="https")
        assert told.headers["Strict-Transport-Security"].startswith("max-age=3600")
        assert told.json["version"]["links"][0]["href"].startswith("https://")
        assert "Strict-Transport-Security" not in Api().get(V3).headers

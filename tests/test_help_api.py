"""What the Help page says to who writes scripts, and the page of the API's operations."""

import json
import re

import pytest
from django.urls import reverse

from sharing.api.openapi import document
from sharing.views.api_help import METHODS, subjects, usual
from tests.clients.programs import run
from tests.pages import read

pytestmark = pytest.mark.django_db
PORTAL = "http://testserver"
SDK = "from openstack.image.v2._proxy import Proxy; print(*dir(Proxy))"


@pytest.fixture
def topic(consumer):
    return read(consumer.client().get(reverse("help", args=[consumer.id]))).one("#api")


@pytest.fixture
def of_reader(consumer):
    return read(consumer.reader_client().get(reverse("help", args=[consumer.id]))).one("#api")


def snippets(topic):
    return [button["data-copy"] for button in topic.all("button.copy")]


def starting(topic, start):
    [found] = [text for text in snippets(topic) if text.startswith(start)]
    return found


class TestTopic:
    def test_leads_to_credentials_and_to_what_there_is(self, topic, consumer):
        links = {link["href"] for link in topic.all("a")}

        pages = {reverse(name, args=[consumer.id]) for name in ("credentials", "api-help")}
        assert {*pages, "/image/openapi.json", "#export", "#checklist"} == links

    def test_has_a_clouds_yaml_of_this_portal(self, topic):
        entry = starting(topic, "clouds:")

        assert f"auth_url: {PORTAL}/identity/v3\n" in entry
        assert "auth_type: v3applicationcredential\n" in entry
        assert "region_name: RegionOne\n" in entry

    def test_names_the_region_of_this_cloud(self, consumer, settings):
        settings.REGION = "west"
        page = read(consumer.client().get(reverse("help", args=[consumer.id])))

        assert "region_name: west\n" in starting(page.one("#api"), "clouds:")

    def test_signs_in_without_a_client(self, topic):
        asked = json.loads(starting(topic, '{"auth"'))["auth"]["identity"]

        assert asked["methods"] == ["application_credential"]
        assert set(asked["application_credential"]) == {"id", "secret"}
        assert f"-d @auth.json {PORTAL}/identity/v3/auth/tokens |\n" in starting(topic, "TOKEN=")

    def test_answers_for_my_tenant(self, topic, consumer):
        [line] = [text for text in snippets(topic) if text.startswith("curl -X PUT")]

        assert line.endswith(f" {PORTAL}/image/v2/images/IMAGE_UUID/members/{consumer.id}")

    def test_python_is_python_and_asks_the_sdk_for_what_it_has(self, topic, of_reader, tmp_path):
        code = [text for part in (topic, of_reader) for text in snippets(part) if "conn." in text]

        for text in code:
            compile(text, "snippet", "exec")
        asked = set(re.findall(r"conn\.image\.(\w+)", "\n".join(code)))
        assert asked <= set(run("python", "-c", SDK, home=tmp_path).stdout.split())
        assert "update_member" in asked

    def test_shows_a_reader_what_changes_nothing(self, of_reader):
        told = "\n".join(snippets(of_reader))

        assert not re.search(r"-X|--accept|add project|update_member|prune", told)
        assert "openstack image list --shared --member-status pending" in told

    def test_says_how_it_differs_from_glance(self, topic):
        said = " ".join(topic.texts(".points li"))

        for word in ("pending", "rejected", "export rules", "on hold", "always JSON", "409"):
            assert word in said


class TestOperations:
    @pytest.fixture
    def page(self, consumer):
        return read(consumer.client().get(reverse("api-help", args=[consumer.id])))

    def test_each_of_the_document_has_its_row(self, page):
        rows = {row.one("th").words for row in page.all("tbody tr")}

        assert rows == {
            f"{method.upper()} {path}"
            for path, item in document()["paths"].items()
            for method in item
            if method in METHODS
        }

    def test_each_subject_has_a_place_that_the_contents_link(self, page):
        places = [section["id"] for section in page.all("section.topic")]

        assert [link["href"] for link in page.all(".contents a")] == [f"#{it}" for it in places]
        assert "members" in places

    def test_a_row_tells_what_it_does_and_the_answers_that_are_its_own(self):
        done, gone = {"description": "Done"}, {"description": "No such image"}
        described = {
            "openapi": "3.1.0",
            "tags": [{"name": "member rows", "description": "Who may."}],
            "paths": {"/v2/x": {
                "parameters": [],
                "get": {"tags": ["member rows"], "responses": {"200": done, "404": gone}},
                "put": {"tags": ["member rows"], "responses": {"200": done}},
                "post": {
                    "tags": ["member rows"], "summary": "Answer", "description": "Again.",
                    "responses": {"200": {"description": "The row"}, "404": gone},
                },
            }},
        }  # fmt: skip

        [subject] = subjects(described)

        assert (subject.name, subject.slug) == ("Member rows", "member-rows")
        assert subject.description == "Who may."
        assert [row.method for row in subject.operations] == ["GET", "POST", "PUT"]
        assert subject.operations[1].answers == {"200": "The row", "404": "No such image"}
        assert usual([subject]) == {"200": "Done", "404": "No such image"}

    def test_each_status_is_explained_once(self, page):
        statuses = page.texts(".answers dt")

        assert statuses == sorted(set(statuses))
        for cell in page.all(".operations tbody tr"):
            codes = re.findall(r"\b[1-5]\d\d\b", cell.all("td")[-1].words)
            assert codes
            assert set(codes) <= set(statuses)

    def test_it_links_the_document_and_how_to_sign_in(self, page, consumer):
        links = {link["href"] for link in page.all("main .lede a")}

        assert links == {"/image/openapi.json", f"{reverse('help', args=[consumer.id])}#api"}

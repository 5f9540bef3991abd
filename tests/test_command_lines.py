"""The commands that pages show are words that a shell and OpenStack's own client take as they are meant."""

import json
import shlex
import subprocess

from django.template import Context, engines
from django.test import RequestFactory
from django.urls import reverse

from sharing.templatetags.commands import COMMANDS, FIELD, TO_FILL_IN
from tests.clients.programs import BIN, PROJECT
from tests.factories import ImageFactory
from tests.imported import imported
from tests.pages import Reader, read

HOSTILE = """it's "x"; rm -rf ~ `id` $(id) \\ \n--all"""
PARSE = """
import json, sys
from cliff.commandmanager import CommandManager

known = CommandManager("openstack.image.v2")
for words in json.load(sys.stdin):
    command, name, rest = known.find_command(words)
    command(None, None).get_parser(name).parse_args(rest)
"""


def rendered(actor, name, host="testserver", **values):
    """The command as it stands on a page of this host."""
    source = f"{{% load commands %}}{{% command '{name}' file=file image=image %}}"
    request = RequestFactory(headers={"host": host}).get("/")
    context = Context({"request": request, "actor": actor, **values})
    reader = Reader()
    reader.feed(engines["django"].from_string(source).template.render(context))
    return reader.open[0].one("button.copy")["data-copy"]


def copied(client, name, *args, query=""):
    page = read(client.get(reverse(name, args=args) + query))
    return [button["data-copy"] for button in page.all(".commands button.copy")]


class TestQuoting:
    def test_a_name_stays_one_word_and_steers_no_terminal(self, producer):
        image = imported(producer, name=f"{HOSTILE}\x1b[201~\r")

        found = copied(producer.client(), "image", producer.id, image.pk)

        [line] = [line for line in found if "image save" in line]
        words = shlex.split(line)
        assert words[:3] == ["openstack", "image", "save"]
        assert words[3].startswith('--file=it\'s "x"; rm -rf ~ `id` $(id)')
        assert words[4:] == [str(image.pk)]
        assert line.isprintable()

    def test_a_shell_hands_it_over_as_it_is(self, producer):
        line = rendered(producer.by, "download", file=HOSTILE, image="i")
        line = line.replace("openstack", "printf '%s\\n'", 1)

        words = subprocess.check_output(["sh", "-c", line], text=True).splitlines()

        assert words == ["image", "save", "--file=" + HOSTILE.replace("\n", "?"), "i"]

    def test_what_is_no_tenant_id_is_in_no_command(self, producer):
        image = ImageFactory(owner=producer.tenant)
        query = "?member=77&member=%27%3B+rm+-rf+~&member=--os-auth-url%3Dhttp%3A%2F%2Fevil"

        [line] = copied(producer.client(), "confirm-withdraw", producer.id, image.pk, query=query)

        assert line.startswith("for tenant in 77; do openstack image remove project")
        assert "evil" not in line

    def test_the_portals_own_address_is_a_word(self, producer):
        line = rendered(producer.by, "prune-all", host="[::1]:8000")

        assert shlex.split(line)[-1] == "http://[::1]:8000/image/v2/actions/prune"


class TestCatalogue:
    def test_each_field_is_known_to_every_page_or_has_a_word_to_fill_in(self):
        fields = {field for _, line in COMMANDS.values() for field in FIELD.findall(line)}

        assert fields == {*TO_FILL_IN, "portal", "own"}

    def test_each_command_stands_on_a_page(self):
        pages = "".join(page.read_text() for page in (PROJECT / "templates").rglob("*.html"))

        assert [name for name in COMMANDS if f'{{% command "{name}"' not in pages] == []

    def test_openstacks_client_understands_each(self):
        """Its own parsers read them: an option that they do not know ends the program."""
        lines = [line for _, line in COMMANDS.values() if line.startswith("openstack ")]
        words = [shlex.split(FIELD.sub("word", line))[1:] for line in lines]

        parsed = subprocess.run(
            [BIN / "python", "-c", PARSE], input=json.dumps(words), text=True, capture_output=True
        )

        assert parsed.returncode == 0, parsed.stderr

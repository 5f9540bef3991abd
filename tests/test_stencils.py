"""Rows that are rendered once for their shape and filled in show what each of them would show by itself."""

from concurrent.futures import ThreadPoolExecutor
from html import escape
from itertools import repeat
from types import SimpleNamespace
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.template import Context, TemplateSyntaxError, engines
from django.template.base import VariableNode
from django.urls import clear_script_prefix, reverse, set_script_prefix

from sharing.templatetags import stencils


def rendered(source, rows, **more):
    template = engines["django"].from_string(
        "{% load stencils %}{% for row in rows %}" + source + "{% endfor %}"
    )
    return template.template.render(Context({"rows": rows} | more))


def rows(*values):
    return [SimpleNamespace(status="pending", value=value) for value in values]


@pytest.mark.parametrize(
    "value", ["<b>&\"'", "a", "%s %% 5%", "", 0, 7, None, True, False, uuid4(), 2**63 - 1]
)
def test_a_value_is_written_as_a_template_writes_it(value):
    filled = rendered(
        "{% stencil with v=row.value %}[%s {{ v }} %]{% endstencil %}", rows("x", value)
    )

    assert filled == rendered("[%s {{ row.value }} %]", rows("x", value))


def test_each_row_has_its_own_values_however_often_they_stand_there():
    source = "{% stencil with v=row.value %}{{ v }}-{{ v }};{% endstencil %}"

    assert rendered(source, rows("a", "b<", "a")) == "a-a;b&lt;-b&lt;;a-a;"


def test_a_value_that_is_empty_is_another_shape():
    source = "{% stencil with v=row.value %}{% if v %}{{ v }}{% else %}–{% endif %}{% endstencil %}"

    assert rendered(source, rows("a", "", "b", None, True)) == "a–b–True"


def test_a_shape_can_be_compared_with():
    source = '{% stencil s=row.status with v=row.value %}{% if s == "pending" %}{{ v }}{% endif %}{% endstencil %}'
    found = rows("a", "b")
    found[0].status = "accepted"

    assert rendered(source, found) == "b"


def test_filters_take_what_the_page_knows():
    source = "{% stencil with v=names|lookup:row.value|default:other %}{{ v }};{% endstencil %}"

    assert rendered(source, rows(1, 2), names={1: "<one>"}, other="none") == "&lt;one&gt;;none;"


def test_a_stencil_in_a_stencil_is_filled_with_the_values_of_the_row():
    inner = "{% stencil with w=v %}<{{ w }}>{% endstencil %}"
    source = "{% stencil with v=row.value x=row.status %}{{ x }}" + inner + "{% endstencil %}"

    assert rendered(source, rows("&", 5)) == "pending<&amp;>pending<5>"


@pytest.mark.parametrize(
    "use",
    [
        "{{ row.status }}",
        "{% if row.status %}x{% endif %}",
        "{% if v == row.status and user %}x{% endif %}",
        "{% csrf_token %}",
        "{% with user as name %}{{ name }}{% endwith %}",
        "{% if v|default:user %}x{% endif %}",
    ],
)
def test_what_is_not_named_cannot_get_into_other_rows_or_pages(use):
    with pytest.raises(RuntimeError, match="has to name what it uses"):
        rendered("{% stencil with v=row.value %}" + use + "{% endstencil %}", rows("a"), user="ada")


def test_a_block_is_not_part_of_a_stencil():
    with pytest.raises(TemplateSyntaxError, match="block"):
        rendered("{% stencil with v=row.value %}{% block b %}{% endblock %}{% endstencil %}", [])


@pytest.mark.parametrize(
    "opening",
    ["{% stencil v=row.value %}", "{% stencil with row.value %}", '{% stencil with v="a" %}'],
)
def test_a_stencil_says_which_values_it_writes(opening):
    with pytest.raises(TemplateSyntaxError, match="stencil"):
        rendered(opening + "{% endstencil %}", rows("a"))


def compiled(source):
    template = engines["django"].from_string("{% load stencils %}" + source).template
    return lambda **values: template.render(Context(values))


def test_each_page_is_filled_with_its_own_values():
    page = compiled(
        "{% for row in rows %}{% stencil with v=row throughout t=title %}{{ t }} {{ v }};{% endstencil %}{% endfor %}"
    )

    assert page(rows=["a", "b"], title="one") == "one a;one b;"
    assert page(rows=["a", ""], title="<two>") == "&lt;two&gt; a;&lt;two&gt; ;"
    assert page(rows=["c"], title=None) == "None c;"


def test_a_stencil_is_rendered_once_for_all_pages(monkeypatch):
    page = compiled("{% stencil s=status with v=value %}{{ s }} {{ v }}{% endstencil %}")
    assert page(status="old", value="a") == "old a"
    monkeypatch.setattr(VariableNode, "render_annotated", lambda *_: pytest.fail("rendered again"))

    assert page(status="old", value="b") == "old b"


def test_zero_and_false_are_told_apart():
    page = compiled("{% stencil with v=value %}{{ v }}{% endstencil %}")

    assert [page(value=value) for value in (0, False, 1, True)] == ["0", "False", "1", "True"]


def test_what_is_not_there_is_empty():
    page = compiled(
        "{% stencil with v=user.email n=user.tenant.name %}{% if not v and not n %}nobody{% endif %}{% endstencil %}"
    )

    assert page() == page(user=None) == page(user=object()) == "nobody"


def test_an_address_is_that_of_where_the_portal_is():
    page = compiled(
        "{% stencil with me=tenant_id|in_address %}{% url 'inbox' me %}{% endstencil %}"
    )

    try:
        set_script_prefix("/portal/")
        assert page(tenant_id="4471021") == "/portal/t/4471021/inbox/"
    finally:
        clear_script_prefix()
    assert page(tenant_id="4471021") == "/t/4471021/inbox/"


@pytest.mark.parametrize("tenant_id", ["4471021", "a b", "ü&'\"<%?#"])
def test_a_tenant_id_stands_in_an_address_as_url_writes_it(tenant_id):
    page = compiled(
        "{% stencil with me=tenant_id|in_address %}{% url 'inbox' me %}{% endstencil %}"
    )

    assert unquote(page(tenant_id=tenant_id)) == unquote(reverse("inbox", args=[tenant_id]))
    assert escape(page(tenant_id=tenant_id)) == page(tenant_id=tenant_id)


def test_no_more_cuts_are_kept_than_it_says(monkeypatch):
    monkeypatch.setattr(stencils, "MOST", 3)
    page = compiled("{% stencil s=status with v=value %}{{ s }}{{ v }}{% endstencil %}")

    assert [page(status=number, value="a") for number in (*range(9), 0)] == [
        f"{number}a" for number in (*range(9), 0)
    ]


def apply(page, values):
    return page(**values)


def test_threads_that_come_at_once_fill_in_the_same_cut():
    source = "{% stencil with v=value w=number %}{{ v }} {{ w }};{% endstencil %}"
    for _ in range(20):
        page, numbers = compiled(source), range(1, 33)
        values = [{"value": f"v{number}", "number": number} for number in numbers]
        with ThreadPoolExecutor(8) as threads:
            shown = list(threads.map(apply, repeat(page), values))

        assert shown == [f"v{number} {number};" for number in numbers]

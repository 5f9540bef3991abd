"""Rows that are rendered once for their shape and filled in show what each of them would show by itself."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.template import Context, TemplateSyntaxError, engines


def rendered(source, rows, **more):
    template = engines["django"].from_string(
        "{% load stencils %}{% for row in rows %}" + source + "{% endfor %}"
    )
    return template.template.render(Context({"rows": rows} | more))


def rows(*values):
    return [SimpleNamespace(status="pending", value=value) for value in values]


@pytest.mark.parametrize("value", ["<b>&\"'", "a", "", 0, 7, None, True, False, uuid4(), 2**63 - 1])
def test_a_value_is_written_as_a_template_writes_it(value):
    filled = rendered("{% stencil with v=row.value %}[{{ v }}]{% endstencil %}", rows("x", value))

    assert filled == rendered("[{{ row.value }}]", rows("x", value))


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


def test_what_the_row_holds_besides_cannot_get_into_the_others():
    with pytest.raises(RuntimeError, match="has to name status"):
        rendered("{% stencil with v=row.value %}{{ row.status }}{% endstencil %}", rows("a"))


@pytest.mark.parametrize(
    "opening",
    ["{% stencil v=row.value %}", "{% stencil with row.value %}", '{% stencil with v="a" %}'],
)
def test_a_stencil_says_which_values_it_writes(opening):
    with pytest.raises(TemplateSyntaxError, match="stencil"):
        rendered(opening + "{% endstencil %}", rows("a"))


def test_nothing_of_one_page_is_kept_for_the_next():
    source = "{% stencil with v=row.value %}{{ title }} {{ v }}{% endstencil %}"

    assert rendered(source, rows("a"), title="one") == "one a"
    assert rendered(source, rows("a"), title="two") == "two a"

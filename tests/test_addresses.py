"""Addresses and query strings are written as Django's own tags write them."""

import pytest
from django.template import Context, Engine, engines
from django.test import RequestFactory

QUERIES = [
    "",
    "q=a+b&page=2",
    "q=%26%3C%22%C3%BC&x=1&x=2&x=&q=",
    "q=&show=mine",
    "answered=1&answered=2&q=x",
]
TAGS = [
    "{% querystring page=None answered=None %}",
    "{% querystring page=given %}",
    "{% querystring page='<&>' q=None %}",
    "{% querystring sort='-size' page=None x=given %}",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("tag", TAGS)
def test_a_query_string_is_as_django_writes_it(query, tag):
    request = RequestFactory().get(f"/?{query}")
    context = Context({"request": request, "given": "é/?"})
    context.request = request

    ours = engines["django"].engine.from_string(tag).render(context)

    assert ours == Engine().from_string(tag).render(context)

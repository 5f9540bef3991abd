"""Django's `{% url %}` and `{% querystring %}`, for pages that write the same few addresses over and over."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()


class Address(URLNode):
    """As Django's; an address depends on nothing but these, so it is made once."""

    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        if self.kwargs or ":" in name:
            return str(super().render(context))
        args = [arg.resolve(context) for arg in self.args]
        if not self.asvar:
            return address(name, *args)
        try:
            context[self.asvar] = address(name, *args)
        except NoReverseMatch:
            context[self.asvar] = ""
        return ""


def address(name: str, *args: Any) -> SafeString:
    """For HTML."""
    return _address(settings.ROOT_URLCONF, get_script_prefix(), name, *args)


@lru_cache(maxsize=10_000)
def _address(urlconf: str, prefix: str, name: str, *args: Any) -> SafeString:
    return conditional_escape(reverse(name, urlconf, args))


@register.tag
def url(parser: Parser, token: Token) -> Address:
    node = django_url(parser, token)
    return Address(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag(takes_context=True)
def querystring(context: Context, **changes: str | None) -> str:
    """As Django's, for changes by name: the page's own parameters with these, or without those that are None."""
    values: dict[str, Any] = dict(context["request"].GET.lists()) | changes
    given = {name: value for name, value in values.items() if value is not None}
    return f"?{urlencode(given, doseq=True)}"

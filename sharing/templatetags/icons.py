"""heroicons' tags, for icons that a template names: each is drawn once, when the template is read."""

from collections.abc import Callable

from django import template
from django.template import Context
from django.template.base import Node, Parser, TextNode, Token
from heroicons.templatetags import heroicons

register = template.Library()


def _drawn(tag: Callable[[Parser, Token], Node]) -> Callable[[Parser, Token], Node]:
    return lambda parser, token: TextNode(tag(parser, token).render(Context()))


for name in ("heroicon_mini", "heroicon_outline"):
    register.tag(name, _drawn(heroicons.register.tags[name]))

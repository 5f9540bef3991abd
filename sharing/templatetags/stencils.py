"""HTML that is alike in each row but for a few values: cut once for a page, then filled in."""

import secrets
from collections.abc import Callable, Iterable
from html import escape
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn
from uuid import UUID, uuid4

from django import template
from django.template import Context, TemplateSyntaxError
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Parser,
    Token,
    Variable,
    token_kwargs,
)
from django.utils.safestring import SafeString

register = template.Library()


def _word() -> SafeString:
    return SafeString(secrets.token_hex(16))


# What stands for a value while the stencil is cut: of its kind, and nothing that anybody could send. These kinds hold
# nothing that is to be escaped.
STAND_INS: dict[type, Callable[[], Any]] = {
    int: lambda: secrets.randbits(62) | 1 << 62,
    UUID: uuid4,
    SafeString: _word,
}


class Hidden:
    """The row itself, inside a stencil: what was written of it there would be written in every row."""

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"A stencil has to name {name} of its row before it can use it.")


class StandIn(NamedTuple):
    value: Any
    text: str
    # Whether what it stands for is written as it is; else it is escaped.
    plain: bool


class Path:
    """A variable of the template, or an attribute of one; what can be called is called, as in `{{ }}`."""

    def __init__(self, variable: Variable | str) -> None:
        if isinstance(variable, str) or not variable.lookups:
            raise TemplateSyntaxError(f"stencil: “{variable}” is the same in each row.")
        self.root, *path = variable.lookups
        self._attribute = attrgetter(".".join(path)) if path else None

    def of(self, roots: dict[str, Any]) -> Any:
        value = roots[self.root]
        if self._attribute is not None:
            value = self._attribute(value)
        return value() if callable(value) else value


class Given:
    """A value of a stencil: what a path leads to, through filters."""

    def __init__(self, name: str, expression: FilterExpression) -> None:
        self.name, self.path = name, Path(expression.var)
        self._filters = [
            (function, [Path(arg) if is_variable else arg for is_variable, arg in arguments])
            for function, arguments in expression.filters
        ]
        arguments = [arg for _, given in self._filters for arg in given]
        self.roots = {path.root for path in (self.path, *arguments) if isinstance(path, Path)}
        self._stand_ins: dict[type, StandIn] = {}

    def of(self, roots: dict[str, Any]) -> Any:
        value = self.path.of(roots)
        for function, arguments in self._filters:
            given = [arg.of(roots) if isinstance(arg, Path) else arg for arg in arguments]
            value = function(value, *given)
        return value

    def stand_in(self, kind: type) -> StandIn:
        if kind not in self._stand_ins:
            value = STAND_INS.get(kind, _word)()
            self._stand_ins[kind] = StandIn(value, str(value), kind in STAND_INS)
        return self._stand_ins[kind]


class Cut(NamedTuple):
    parts: list[str]
    # Where among the parts which value goes, by the text that stands for it.
    slots: list[tuple[int, str]]


class Stencil(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, shape: list[Given], values: list[Given]) -> None:
        self.nodelist, self.shape, self.values = nodelist, shape, values
        self._names = [given.name for given in shape + values]
        self._roots = {root for given in shape + values for root in given.roots}
        self._hidden = {given.path.root: Hidden() for given in shape + values}

    def render(self, context: Context) -> SafeString:
        roots = {root: context[root] for root in self._roots}
        key: list[Any] = [self, *[given.of(roots) for given in self.shape]]
        texts = {}
        for given in self.values:
            value = given.of(roots)
            if not value or value is True:
                key.append(value)
                continue
            stand_in = given.stand_in(type(value))
            key.append(stand_in.value)
            texts[stand_in.text] = str(value) if stand_in.plain else escape(str(value))
        cut = self._cut(tuple(key), context, texts)
        filled = cut.parts.copy()
        for place, text in cut.slots:
            filled[place] = texts[text]
        return SafeString("".join(filled))

    def _cut(self, key: tuple[Any, ...], context: Context, stand_ins: Iterable[str]) -> Cut:
        cuts: dict[Any, Any] = context.render_context.dicts[0]
        if key not in cuts:
            named = zip(self._names, key[1:], strict=True)
            inside = self._hidden | dict(named)
            with context.push(**inside):
                html = self.nodelist.render(context)
            cuts[key] = _divided(html, stand_ins)
        found: Cut = cuts[key]
        return found


def _divided(html: str, stand_ins: Iterable[str]) -> Cut:
    found = []
    for stand_in in stand_ins:
        at = html.find(stand_in)
        while at >= 0:
            found.append((at, stand_in))
            at = html.find(stand_in, at + 1)
    parts, end = [], 0
    for at, stand_in in sorted(found):
        parts += [html[end:at], stand_in]
        end = at + len(stand_in)
    return Cut([*parts, html[end:]], list(enumerate(parts))[1::2])


@register.tag
def stencil(parser: Parser, token: Token) -> Stencil:
    """`{% stencil status=offer.status with pk=offer.pk note=offer.note %}...{% endstencil %}`

    In a page it is rendered once for each status, whatever the values behind `with`, except that it is rendered anew
    where one is empty, true or false. What stands between may ask whether a value is there and write it as it is; it
    does not know it, and the row not at all. Paths are of attributes; filters take what `{{ }}` lets them.
    """
    words = token.split_contents()[1:]
    if "with" not in words:
        raise TemplateSyntaxError("stencil: which values does it write? They follow “with”.")
    at = words.index("with")
    shape, values = (_given(part, parser) for part in (words[:at], words[at + 1 :]))
    nodelist = parser.parse(("endstencil",))
    parser.delete_first_token()
    return Stencil(nodelist, shape, values)


def _given(words: list[str], parser: Parser) -> list[Given]:
    found = [Given(name, value) for name, value in token_kwargs(words, parser).items()]
    if words:
        raise TemplateSyntaxError(f"stencil: {words[0]} is not name=value.")
    return found

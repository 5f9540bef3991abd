"""HTML that is alike in each row, or on each page, but for a few values: cut once, then filled in."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import template
from django.template import Context, TemplateSyntaxError
from django.template.base import Node, NodeList, Parser, Token, token_kwargs
from django.template.loader_tags import BlockNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString

from sharing.templatetags.values import Given, Told, Values

register = template.Library()

# Cuts that a stencil keeps. Its shapes are few; if they ever are more, it begins anew.
MOST = 500


class Named(Context):
    """All that is known inside a stencil: what was written of anything else would be written for everybody."""

    def __init__(self, names: dict[str, Any], like: Context) -> None:
        super().__init__(names)
        self.template = like.template
        self.render_context.template = like.render_context.template
        self.unknown: set[str] = set()

    # Noted, not refused: some tags pass over what is missing, and over an error, too.
    def __getitem__(self, key: Any) -> Any:
        if key not in self:
            self.unknown.add(key)
        return super().__getitem__(key)

    def get(self, key: Any, otherwise: Any = None) -> Any:
        if key not in self:
            self.unknown.add(key)
        return super().get(key, otherwise)


class Cut(NamedTuple):
    # With a %s for each value, and which goes where, by the text that stands for it.
    form: str
    slots: list[str]

    def filled(self, texts: dict[str, str]) -> SafeString:
        return SafeString(self.form % tuple(map(texts.__getitem__, self.slots)))


class Stencil(Node):
    # Nothing to look for inside: Django looks for blocks through all of a page's frame, each time that it is shown.
    child_nodelists = ()

    def __init__(self, nodelist: NodeList, of_row: Values, of_page: Values) -> None:
        self.nodelist, self._of_row, self._of_page = nodelist, of_row, of_page
        self._cuts: dict[tuple[Any, ...], Cut] = {}

    def render(self, context: Context) -> SafeString:
        pages: dict[Any, Any] = context.render_context.dicts[0]
        page: Told | None = pages.get(self)
        if page is None:
            page = pages[self] = self._of_page.told(context)
        row = self._of_row.told(context)
        return self._cut(page, row, context).filled(page.texts | row.texts)

    def _cut(self, page: Told, row: Told, context: Context) -> Cut:
        key = (get_script_prefix(), page.key, row.key)
        cut = self._cuts.get(key)
        if cut is None:
            inside = Named(self._of_page.known(page) | self._of_row.known(row), context)
            html = self.nodelist.render(inside)
            if inside.unknown:
                unknown = ", ".join(inside.unknown)
                raise RuntimeError(f"A stencil has to name what it uses: {unknown}.")
            if len(self._cuts) >= MOST:
                self._cuts.clear()
            cut = self._cuts[key] = _divided(html, [*page.texts, *row.texts])
        return cut


def _divided(html: str, stand_ins: Iterable[str]) -> Cut:
    found = []
    for stand_in in stand_ins:
        at = html.find(stand_in)
        while at >= 0:
            found.append((at, stand_in))
            at = html.find(stand_in, at + 1)
    form, end = "", 0
    for at, stand_in in sorted(found):
        form += html[end:at].replace("%", "%%") + "%s"
        end = at + len(stand_in)
    return Cut(form + html[end:].replace("%", "%%"), [stand_in for _, stand_in in sorted(found)])


@register.tag
def stencil(parser: Parser, token: Token) -> Stencil:
    """`{% stencil status=offer.status with pk=offer.pk note=offer.note throughout me=tenant.id %}...{% endstencil %}`

    It is rendered once for each status, whatever the values behind `with`, except that it is rendered anew where one
    is empty, true or false. What it rendered then is kept for all pages and everybody, so what stands between knows
    nothing but what is named here. Of a value behind `with` it may ask whether it is there, and write it as it is.
    `throughout`: values that are the same wherever the stencil is used on a page; they are looked at once.
    Paths are of attributes; filters take what `{{ }}` lets them.
    """
    words = token.split_contents()[1:]
    if "with" not in words:
        raise TemplateSyntaxError("stencil: which values does it write? They follow “with”.")
    shape, values = _parted(words, "with")
    values, throughout = _parted(values, "throughout")
    of_row = _given(shape, parser, shape=True) + _given(values, parser)
    nodelist = parser.parse(("endstencil",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise TemplateSyntaxError("stencil: a block is another on each page.")
    return Stencil(nodelist, Values(of_row), Values(_given(throughout, parser)))


def _parted(words: list[str], word: str) -> tuple[list[str], list[str]]:
    at = words.index(word) if word in words else len(words)
    return words[:at], words[at + 1 :]


def _given(words: list[str], parser: Parser, *, shape: bool = False) -> list[Given]:
    given = token_kwargs(words, parser).items()
    if words:
        raise TemplateSyntaxError(f"stencil: {words[0]} is not name=value.")
    return [Given(name, value, shape=shape) for name, value in given]

"""Answers as a person reads them: by what stands where. Tags that do not nest fail the test that met them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse

HTMX = {"HX-Request": "true"}
INLINE = {"a", "code", "em", "kbd", "span", "strong", "time", "var"}
EMPTY = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
SIMPLE = re.compile(
    r"(?P<tag>^[\w-]+)|#(?P<id>[\w-]+)|\.(?P<word>[\w-]+)|\[(?P<name>[\w:-]+)(?:=(?P<value>[^\]]*))?\]"
)


@dataclass
class Part:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list["Part | str"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Part"]:
        """All parts below, in the order of the page."""
        for child in self.inside:
            if isinstance(child, Part):
                yield child
                yield from child

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    @property
    def words(self) -> str:
        return " ".join(self._text().split())

    def _text(self) -> str:
        text = "".join(child if isinstance(child, str) else child._text() for child in self.inside)
        in_line = self.tag in INLINE and not self.fits(".sub")
        return text if in_line else f" {text} "

    def all(self, selector: str) -> list["Part"]:
        """What a CSS selector finds: tags, #ids, .classes, [attributes=values], and a blank for "somewhere below"."""
        first, _, rest = selector.partition(" ")
        found = [part for part in self if part.fits(first)]
        if not rest:
            return found
        below = {id(inner): inner for part in found for inner in part.all(rest)}
        return list(below.values())

    def one(self, selector: str) -> "Part":
        [found] = self.all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        return [part.words for part in self.all(selector)]

    def fits(self, selector: str) -> bool:
        assert "".join(match[0] for match in SIMPLE.finditer(selector)) == selector, selector
        return all(self._is(**match.groupdict()) for match in SIMPLE.finditer(selector))

    def _is(self, tag: str, id: str, word: str, name: str, value: str | None) -> bool:
        if name:
            return name in self.attributes and value in (None, self[name])
        if word:
            return word in self.attributes.get("class", "").split()
        return tag == self.tag if tag else id == self.attributes.get("id")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Part("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        part = Part(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(part)
        if tag not in EMPTY:
            self.open.append(part)

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY:  # written as <br/>
            return
        assert tag == self.open[-1].tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(answer: HttpResponse) -> Part:
    """The whole page, or the fragment, under one nameless part."""
    reader = Reader()
    reader.feed(answer.content.decode())
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is not closed"
    ids = [part["id"] for part in reader.open[0] if "id" in part.attributes]
    assert len(ids) == len(set(ids)), f"an id stands twice: {sorted(ids)}"
    return reader.open[0]


def facts(part: Part) -> dict[str, str]:
    """The terms of a part's lists of facts, with what they say."""
    return {row.one("dt").words: row.one("dd").words for row in part.all("dl.facts div")}


def told(page: Part) -> list[str]:
    """The messages that the page shows."""
    return page.texts("#messages .message")

"""What a stencil is given: values of a page, what stands for each while it is cut, and the texts it is filled with."""

import secrets
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, Variable
from django.utils.safestring import SafeString

# Finds a value, by what the paths lead along.
type Read = Callable[[dict[str, Any]], Any]


def _word() -> SafeString:
    return SafeString(secrets.token_hex(16))


# What stands for a value while the stencil is cut: of its kind, and nothing that anybody could send. These kinds hold
# nothing that is to be escaped.
STAND_INS: dict[type, Callable[[], Any]] = {
    int: lambda: secrets.randbits(62) | 1 << 62,
    UUID: uuid4,
    SafeString: _word,
}


class StandIn(NamedTuple):
    value: Any
    text: str
    # Whether what it stands for is written as it is; else it is escaped.
    plain: bool


class StandIns(dict[type, StandIn]):
    """What stands for a value, by its kind."""

    def __missing__(self, kind: type) -> StandIn:
        value = STAND_INS.get(kind, _word)()
        # The first one, where two threads come here at once.
        return self.setdefault(kind, StandIn(value, str(value), kind in STAND_INS))


class Given:
    """A value of a stencil: what a path leads to, through filters. A shape is known there; else whether it is there."""

    def __init__(self, name: str, expression: FilterExpression, *, shape: bool) -> None:
        self.name, self.shape, self.stand_ins = name, shape, StandIns()
        # All that is looked at on the ways, from where, by which name.
        self.stems: dict[str, tuple[str, str]] = {}
        self.of = self._path(expression.var)
        for function, arguments in expression.filters:
            given = [self._path(arg) if varies else _always(arg) for varies, arg in arguments]
            self.of = _filtered(self.of, function, given)

    def _path(self, variable: Variable | str) -> Read:
        """A variable, or an attribute of one, as in `{{ }}`: what can be called is called, nothing there is None."""
        if isinstance(variable, str) or not variable.lookups:
            raise TemplateSyntaxError(f"stencil: “{variable}” is the same everywhere.")
        stem, *path = variable.lookups
        self.stems[stem] = ("", stem)
        for name in path[:-1]:
            self.stems[f"{stem}.{name}"] = (stem, name)
            stem = f"{stem}.{name}"
        return _attribute(stem, path[-1]) if path else _variable(stem)


def _always(value: Any) -> Read:
    return lambda stems: value


def _variable(stem: str) -> Read:
    def read(stems: dict[str, Any]) -> Any:
        value = stems[stem]
        return value() if callable(value) else value

    return read


def _attribute(stem: str, name: str) -> Read:
    def read(stems: dict[str, Any]) -> Any:
        value = getattr(stems[stem], name, None)
        return value() if callable(value) else value

    return read


def _filtered(read: Read, function: Callable[..., Any], given: Sequence[Read]) -> Read:
    if not given:
        return lambda stems: function(read(stems))
    [argument] = given
    return lambda stems: function(read(stems), argument(stems))


class Told(NamedTuple):
    """Of some values: what they make another cut of the stencil by, and the texts to fill in."""

    key: tuple[Any, ...]
    texts: dict[str, str]
    found: list[Any]


class Values:
    def __init__(self, given: Sequence[Given]) -> None:
        self._given = given
        self._stems = {name: way for one in given for name, way in one.stems.items()}

    def told(self, context: Context) -> Told:
        stems: dict[str, Any] = {}
        for stem, (before, name) in self._stems.items():
            stems[stem] = getattr(stems[before], name, None) if before else context.get(name)
        found = [given.of(stems) for given in self._given]
        key: list[str] = []
        texts = {}
        for given, value in zip(self._given, found, strict=True):
            if given.shape or not value or value is True:
                # Not the value: 0 is the same as False, and is written otherwise.
                key.append(repr(value))
            else:
                _, text, plain = given.stand_ins[type(value)]
                key.append(text)
                texts[text] = str(value) if plain else escape(str(value))
        return Told(tuple(key), texts, found)

    def known(self, told: Told) -> dict[str, Any]:
        """What is known of them inside the stencil."""
        known = {}
        for given, value in zip(self._given, told.found, strict=True):
            named = given.shape or not value or value is True
            known[given.name] = value if named else given.stand_ins[type(value)].value
        return known

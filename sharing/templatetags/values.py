"""What a stencil is given: values of a page, what stands for each while it is cut, and the texts it is filled with."""

import secrets
from collections.abc import Callable, Sequence
from html import escape
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, Variable
from django.utils.safestring import SafeString

# Finds a value, by the variables of the template that the stencil looks at.
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


class Given:
    """A value of a stencil: what a path leads to, through filters. A shape is known there; else whether it is there."""

    def __init__(self, name: str, expression: FilterExpression, *, shape: bool) -> None:
        self.name, self.shape = name, shape
        self.roots: set[str] = set()
        self.of = self._path(expression.var)
        for function, arguments in expression.filters:
            given = [self._path(arg) if varies else _always(arg) for varies, arg in arguments]
            self.of = _filtered(self.of, function, given)
        self._stand_ins: dict[type, StandIn] = {}

    def _path(self, variable: Variable | str) -> Read:
        """A variable, or an attribute of one, as in `{{ }}`: what can be called is called, nothing there is None."""
        if isinstance(variable, str) or not variable.lookups:
            raise TemplateSyntaxError(f"stencil: “{variable}” is the same everywhere.")
        root, *path = variable.lookups
        self.roots.add(root)
        return _attribute(root, attrgetter(".".join(path))) if path else _variable(root)

    def stand_in(self, kind: type) -> StandIn:
        if kind not in self._stand_ins:
            value = STAND_INS.get(kind, _word)()
            self._stand_ins[kind] = StandIn(value, str(value), kind in STAND_INS)
        return self._stand_ins[kind]


def _always(value: Any) -> Read:
    return lambda roots: value


def _variable(root: str) -> Read:
    def read(roots: dict[str, Any]) -> Any:
        value = roots[root]
        return value() if callable(value) else value

    return read


def _attribute(root: str, attribute: Callable[[Any], Any]) -> Read:
    def read(roots: dict[str, Any]) -> Any:
        try:
            value = attribute(roots[root])
        except AttributeError:
            return None
        return value() if callable(value) else value

    return read


def _filtered(read: Read, function: Callable[..., Any], given: Sequence[Read]) -> Read:
    if not given:
        return lambda roots: function(read(roots))
    [argument] = given
    return lambda roots: function(read(roots), argument(roots))


class Told(NamedTuple):
    """Of some values: what is known inside the stencil, what that makes another cut, and the texts to fill in."""

    known: list[Any]
    key: tuple[Any, ...]
    texts: dict[str, str]


class Values:
    def __init__(self, given: Sequence[Given]) -> None:
        self._given = given
        self.names = [one.name for one in given]
        self._roots = {root for one in given for root in one.roots}

    def told(self, context: Context) -> Told:
        roots = {root: context.get(root) for root in self._roots}
        known: list[Any] = []
        key: list[Any] = []
        texts = {}
        for given in self._given:
            value = given.of(roots)
            if given.shape or not value or value is True:
                known.append(value)
                # Not the value: 0 is the same as False, and is written otherwise.
                key.append(repr(value))
            else:
                stand_in, text, plain = given.stand_in(type(value))
                known.append(stand_in)
                key.append(text)
                texts[text] = str(value) if plain else escape(str(value))
        return Told(known, tuple(key), texts)

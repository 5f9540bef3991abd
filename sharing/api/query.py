"""The parameters of a list: read one by one, each refused by its name where it is not of the form."""

import csv
from collections.abc import Collection
from uuid import UUID

from sharing.api.calls import Call
from sharing.api.parameters import NUMBER_MAX, Parameter
from sharing.errors import BadInput

# Below the depth of an expression that SQLite takes, and the number of values, where each stands several times.
PARAMETERS_MAX, VALUES_MAX = 100, 1000
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Query:
    """The call's parameters. Where `only` are named, any other is refused."""

    def __init__(self, call: Call, *only: Parameter) -> None:
        self.values: dict[str, list[str]] = {}
        names = [parameter.name for parameter in only]
        if len(call.query) > PARAMETERS_MAX:
            raise BadInput(f"query: at most {PARAMETERS_MAX} parameters.")
        for name, value in call.query:
            if only and name not in names:
                raise BadInput(f"{name}: no such parameter here; there are {', '.join(names)}.")
            self.values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        """The value; empty where it is not given. BadInput where it is given twice."""
        values = self.values.get(name, [])
        if len(values) > 1:
            raise BadInput(f"{name}: once.")
        return values[0] if values else ""

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if name not in self.values:
            return None
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > NUMBER_MAX:
            raise BadInput(f"{name}: a whole number from 0 to {NUMBER_MAX}.")
        return int(text)

    def flag(self, name: str) -> bool | None:
        text = self.text(name).lower()
        if name not in self.values:
            return None
        if text not in BOOLEANS:
            raise BadInput(f"{name}: true or false.")
        return BOOLEANS[text]

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        text = self.text(name)
        if name in self.values and text not in allowed:
            raise BadInput(f"{name}: one of {', '.join(allowed)}.")
        return text

    def some(self, name: str) -> list[str] | None:
        """The value, or those of `in:a,b`, which may be quoted; None where it is not given."""
        if name not in self.values:
            return None
        text = self.text(name)
        if not text.startswith("in:"):
            return [text]
        try:
            found = next(csv.reader([text.removeprefix("in:")], strict=True), [])
        except csv.Error as error:
            raise BadInput(f"{name}: in: and values separated by commas ({error}).") from error
        if len(found) > VALUES_MAX:
            raise BadInput(f"{name}: at most {VALUES_MAX} values.")
        return list(dict.fromkeys(found))

    def ids(self, name: str) -> list[UUID] | None:
        texts = self.some(name)
        try:
            return None if texts is None else [UUID(text) for text in texts]
        except ValueError as error:
            raise BadInput(f"{name}: a UUID, or in: and UUIDs separated by commas.") from error

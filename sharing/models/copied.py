"""What a membership copies from its image, so that one index serves each list, on either side and at any size."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

# Of UTF-8: an entry of PostgreSQL's index has room for 2,700, and other columns stand beside it.
WORDS_MAX = 1500
BLANKS = dict.fromkeys([*range(32), *range(127, 160)], " ")
LAST_CHARACTER = "\U0010ffff"


def words_of(name: str, tags: Collection[str]) -> str:
    """What a search looks at and a list by name goes by: the name, then the tags, in lower case, each ends its line.

    What lies beyond WORDS_MAX bytes is cut off, and not found. Control characters are blanks.
    """
    told = (line.translate(BLANKS) for line in (name, *sorted(set(tags))))
    lines = "".join(f"{line}\n" for line in told)
    return lines.casefold().encode()[:WORDS_MAX].decode(errors="ignore")


def listed(rows: models.QuerySet[Any], name: str) -> str:
    """What the rows of a list have for a field that it goes by: a membership's copy of it, or the field itself."""
    copy = f"listed_{name}"
    return copy if copy in rows.query.annotations else name


def begins(name: str, text: str) -> models.Q:
    """Rows whose CodeField `name` begins with the text: by a range, which an index serves whoever plans the statement.

    A pattern is served only where it is known while the statement is planned.
    """
    return between(name, *range_of(text))


def range_of(text: str) -> tuple[str, str]:
    """Between which texts those lie that begin with this one."""
    return text, f"{text}{LAST_CHARACTER}"


def between(name: str, first: str, end: str) -> models.Q:
    return models.Q(**{f"{name}__gte": first, f"{name}__lt": end})


def has_words(rows: models.QuerySet[Any], text: str) -> models.Q:
    """Rows whose words contain the text, which is in lower case."""
    return models.Q(GreaterThan(StrIndex(models.F(listed(rows, "words")), models.Value(text)), 0))


class CodeField(models.CharField[str, str]):
    """Text that sorts byte by byte, whatever the database's locale: an index then finds what begins with a text."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}


class WordsField(CodeField):
    """The words of an image; those of a new one with nothing said are its name."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add and not getattr(model_instance, self.attname):
            setattr(model_instance, self.attname, words_of(model_instance.name, ()))  # type: ignore[attr-defined]
        return super().pre_save(model_instance, add)


class Copied(models.Field[Any, Any]):
    """A column of a membership whose value, in a new row, is the one that its image has in the column `of`."""

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **kwargs)
        self.editable = False

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable")
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add:
            # Of no image there is nothing to copy, and the database refuses the row.
            image = getattr(model_instance, "image", None)
            setattr(model_instance, self.attname, getattr(image, self.of, None))
        return super().pre_save(model_instance, add)


class CopiedCode(Copied, CodeField):
    pass


class CopiedMoment(Copied, models.DateTimeField[Any, Any]):
    pass


class CopiedNumber(Copied, models.BigIntegerField[Any, Any]):
    pass

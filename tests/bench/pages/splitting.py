"""Which part of the portal spends the processor time of a request. What one part spends in another counts there."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from time import thread_time
from typing import Any

from django.core.handlers.base import BaseHandler
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.template.base import Template

from portal.middleware import CompressedPagesMiddleware
from sharing.models.prepared import Prepared

PARTS = ("chain", "view", "orm", "sql", "template", "gzip")
OF_QUERYSETS = (
    "_fetch_all", "_filter_or_exclude", "aggregate", "annotate", "count", "exists", "get", "in_bulk", "order_by",
    "select_related", "union", "values_list",
)  # fmt: skip


class Clock:
    """Of this thread, its parts' milliseconds. Rough by a few per cent: watching costs time too."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._part, self._since = "chain", thread_time()

    def begin(self) -> None:
        self.spent.clear()
        self._since = thread_time()

    def read(self) -> Counter[str]:
        self.enter(self._part)
        return self.spent.copy()

    def enter(self, part: str) -> str:
        """The part that was entered before."""
        now = thread_time()
        self.spent[self._part] += 1000 * (now - self._since)
        before, self._part, self._since = self._part, part, now
        return before

    def within(self, part: str, function: Callable) -> Callable:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            before = self.enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.enter(before)

        return timed

    def watch(self) -> None:
        """From now on, everything that Django does in this process."""
        for owner, part, names in (
            (QuerySet, "orm", OF_QUERYSETS),
            (SQLCompiler, "orm", ("execute_sql",)),
            (Prepared, "orm", ("__call__",)),
            (Template, "template", ("render",)),
            (CompressedPagesMiddleware, "gzip", ("process_response",)),
        ):
            for name in names:
                setattr(owner, name, self.within(part, getattr(owner, name)))
        atomic = BaseHandler.make_view_atomic
        BaseHandler.make_view_atomic = lambda handler, view: self.within(
            "view", atomic(handler, view)
        )
        connection.execute_wrappers.append(
            lambda execute, *args: self.within("sql", execute)(*args)
        )


clock = Clock()
clock.watch()

"""Times are written as Django's own filters write them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, engines
from django.utils import timezone
from django.utils.timesince import timesince
from hypothesis import given
from hypothesis import strategies as st

from sharing.templatetags.proffer import MOMENTS, age, moment

times = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize("form", MOMENTS)
@given(at=times)
def test_a_moment_is_written_as_the_date_filter_writes_it(form, at):
    source = f"""<time datetime="{{{{ at|date:'c' }}}}">{{{{ at|date:"{form}" }}}}</time>"""

    assert moment(at, form) == engines["django"].from_string(source).template.render(
        Context({"at": at})
    )


def test_no_moment_is_written_as_nothing():
    assert moment(None, "j M Y") == ""


@given(ago=st.timedeltas(timedelta(days=-2), timedelta(days=20_000)))
def test_an_age_is_told_as_timesince_tells_it(ago):
    at = timezone.now() - ago
    before, told, after = timesince(at, depth=1), age(at), timesince(at, depth=1)

    assert told in {before, after}

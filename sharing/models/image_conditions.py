"""What images can be narrowed by, as conditions on a list of them: `shared_to` tells some of it by copies."""

from django.db import connections, models
from django.db.models import OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual

from sharing.models.copied import WORDS_MAX, begins, has_words, listed, words_of
from sharing.models.image import Image, ImageQuerySet, ImageTag
from sharing.models.membership import MembershipQuerySet, there_is


def called(images: ImageQuerySet, name: str) -> Q:
    """Images whose name is this text, in any case."""
    return begins(listed(images, "words"), words_of(name, ()))


def tagged(images: ImageQuerySet, name: str, words: str) -> Q:
    """Images with this tag; `words` are the tag's."""
    return maybe_tagged(images, words) & Q(there_is(with_tag(name)))


def with_tag(name: str) -> models.QuerySet[ImageTag]:
    """Such tags of the image of an outer query."""
    return ImageTag.objects.filter(image=OuterRef("pk"), name=name)


def maybe_tagged(rows: ImageQuerySet | MembershipQuerySet, words: str) -> Q:
    """What the words tell of it, which an index has: all with a tag of these words, and hardly any others."""
    # They do not tell it where they are cut off.
    is_cut = GreaterThanOrEqual(Length(listed(rows, "words")), WORDS_MAX // 4 - 1)
    return has_words(rows, words) | Q(is_cut)


def has_property(images: ImageQuerySet, name: str, value: str) -> Q:
    """Images whose custom property `name` is this text."""
    # Key lookups of the ORM take digits for the index of a list, and split names at double underscores.
    vendor = connections[images.db].vendor
    condition = {
        "postgresql": "sharing_image.properties @> jsonb_build_object(%s::text, %s::text)",
        "sqlite": "EXISTS (SELECT 1 FROM json_each(sharing_image.properties) WHERE key = %s AND value = %s)",
    }[vendor]
    return Q(RawSQL(condition, (name, value), models.BooleanField()))  # noqa: S611


def has_status(*statuses: str) -> Q:
    """Images that parties are told to be in one of these: one that an operator put on hold is deactivated."""
    suspended = Q(status=Image.Status.ACTIVE, on_hold=True)
    as_told = Q(status__in=statuses)
    return as_told | suspended if Image.Status.DEACTIVATED in statuses else as_told & ~suspended

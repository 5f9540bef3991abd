"""How many bytes of data, and how many images, a tenant may have."""

from functools import partial

import pytest

from sharing import handshake
from sharing.errors import QuotaExceeded
from sharing.imagedata.imports import begin, cancel
from sharing.imagedata.quota import usage
from sharing.models import Image, Upload
from tests.factories import ImageFactory
from tests.imported import RAW, imported, queued
from tests.racing import together
from tests.refusals import refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(producer):
    return queued(producer)


def test_bytes_that_uploads_announced_count_against_the_quota(image, producer, settings):
    settings.BYTE_QUOTA = 2 * len(RAW) - 1
    first = begin(image, len(RAW), by=producer.by)
    other = queued(producer)
    with refused(QuotaExceeded):
        begin(other, len(RAW), by=producer.by)
    begin(other, len(RAW) - 1, by=producer.by)
    cancel(first, by=producer.by)
    assert begin(image, len(RAW), by=producer.by)


def test_stored_bytes_count_until_their_image_is_deleted(producer, settings):
    settings.BYTE_QUOTA = len(RAW)
    image, other = imported(producer), queued(producer)
    with refused(QuotaExceeded):
        begin(other, 1, by=producer.by)
    handshake.delete_image(image, by=producer.by)
    assert begin(other, len(RAW), by=producer.by)


def test_a_tenants_own_quota_goes_before_the_portals(image, producer, settings):
    settings.BYTE_QUOTA = 0  # no limit
    producer.tenant.byte_quota = 100
    producer.tenant.save()
    with refused(QuotaExceeded):
        begin(image, 101, by=producer.by)
    assert begin(image, 100, by=producer.by)


def test_two_uploads_at_once_never_overrun_the_quota(producer, settings):
    settings.BYTE_QUOTA = len(RAW)
    images = [queued(producer) for _ in range(2)]
    with together() as race:
        for _ in range(20):
            race(*(partial(begin, image, len(RAW), by=producer.by) for image in images))
            assert usage(producer.tenant).bytes_used == len(RAW)
            cancel(Upload.objects.get(), by=producer.by)


def test_two_images_at_once_never_overrun_the_quota(producer, settings):
    settings.IMAGE_QUOTA = 1
    with together() as race:
        for _ in range(20):
            race(*[partial(queued, producer)] * 2)
            handshake.delete_image(Image.objects.get(), by=producer.by)


def test_a_tenant_with_as_many_images_as_it_may_have_makes_no_more(producer, settings):
    settings.IMAGE_QUOTA = 2
    for _ in range(2):
        queued(producer)
    with refused(QuotaExceeded):
        queued(producer)
    producer.tenant.image_quota = 3
    producer.tenant.save()
    assert queued(producer)


def test_a_quota_of_its_own_may_be_none_at_all(producer):
    producer.tenant.image_quota = producer.tenant.byte_quota = 0
    producer.tenant.save()
    with refused(QuotaExceeded):
        queued(producer)


def test_usage_counts_stored_and_announced_bytes_but_not_what_lies_in_the_cloud(producer, consumer):
    imported(producer)
    imported(consumer)
    ImageFactory(owner=producer.tenant, size=10**12)  # loaded: its data is elsewhere
    begin(queued(producer), 1000, by=producer.by)
    used = usage(producer.tenant)
    assert (used.bytes_used, used.images) == (len(RAW) + 1000, 3)
    assert used.bytes_left == used.byte_quota - len(RAW) - 1000

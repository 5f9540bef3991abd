"""What a tenant uses of what it may keep, above the list of its images."""

import pytest
from django.urls import reverse

from tests.factories import ImageFactory, MembershipFactory
from tests.imported import imported
from tests.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(producer, consumer):
    image = imported(producer)
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    return image


class TestQuota:
    def show(self, party, **query):
        return read(party.client().get(reverse("images", args=[party.id]), query)).all(".usage")

    def test_is_told_in_words_and_as_a_bar(self, producer, image, settings):
        settings.BYTE_QUOTA, settings.IMAGE_QUOTA = 2**18, 1000
        ImageFactory(owner=producer.tenant)
        [usage] = self.show(producer)
        assert usage.words == "64.0 KiB of 256.0 KiB 2 of 1,000 images"
        assert usage.one("svg rect")["width"] == "25"

    @pytest.mark.parametrize(("quota", "marked"), [(2**16, True), (2**17, False)])
    def test_that_is_nearly_used_up_stands_out(self, producer, image, settings, quota, marked):
        settings.BYTE_QUOTA = quota
        assert bool(self.show(producer)[0].all("rect.nearly-all")) is marked

    def test_that_there_is_none_of_is_not_shown(self, producer, image, settings):
        settings.BYTE_QUOTA = 0
        assert self.show(producer)[0].words == "1 of 1,000 images"
        settings.IMAGE_QUOTA = 0
        assert self.show(producer) == []
        settings.BYTE_QUOTA = 2**30
        assert self.show(producer)[0].words == "64.0 KiB of 1.0 GiB"

    def test_that_was_lowered_below_what_is_there_is_shown_as_passed(self, producer, image):
        ImageFactory.create_batch(3, owner=producer.tenant)
        producer.tenant.byte_quota, producer.tenant.image_quota = 0, 1
        producer.tenant.save()
        assert self.show(producer)[0].words == "64.0 KiB of 0 bytes more than 1 of 1 image"

    def test_is_of_ones_own_images(self, consumer, image):
        assert self.show(consumer, show="mine")
        assert not self.show(consumer, show="shared")

"""Rows for tests, in the words of the product."""

import factory
from django.utils import timezone

from sharing.models import (
    ApplicationCredential,
    Image,
    ImageTag,
    Membership,
    Tenant,
    TenantUser,
    User,
)
from sharing.models.copied import words_of

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("user{}@example.org".format)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **{"password": PASSWORD, **kwargs})


class TenantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tenant

    id = factory.Sequence(lambda n: str(7_000_000 + n))
    name = factory.LazyAttribute("Tenant {0.id}".format)


class TenantUserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TenantUser

    user = factory.SubFactory(UserFactory)
    tenant = factory.SubFactory(TenantFactory)
    role = TenantUser.Role.MANAGER


class CredentialFactory(factory.django.DjangoModelFactory):
    """One whose secret nobody knows."""

    class Meta:
        model = ApplicationCredential

    holder = factory.SubFactory(TenantUserFactory)
    name = factory.Sequence("program {}".format)
    role = TenantUser.Role.READER
    secret_hash = "0" * 64


class ImageFactory(factory.django.DjangoModelFactory):
    """An active image whose owner confirmed the checklist, so that it can be offered at once."""

    class Meta:
        model = Image

    owner = factory.SubFactory(TenantFactory)
    name = factory.Sequence("Image {}".format)
    status = Image.Status.ACTIVE
    disk_format = "qcow2"
    container_format = "bare"
    size = 99_559_936
    checksum = "95376952c78a565c99a10659d6b1b8c3"
    checklist_confirmed_at = factory.LazyFunction(timezone.now)
    checklist_confirmed_by = "manager@producer.example"
    checklist_checksum = factory.SelfAttribute("checksum")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    image = factory.SubFactory(ImageFactory)
    member_id = factory.Sequence(lambda n: str(8_000_000 + n))
    offered_by = "manager@producer.example"


def tag(image, *names):
    """Puts tags on an image that has none, and says so where lists look for them."""
    ImageTag.objects.bulk_create(ImageTag(image=image, name=name) for name in names)
    words = words_of(image.name, names)
    Image.objects.filter(pk=image.pk).update(words=words)
    image.memberships.update(image_words=words)

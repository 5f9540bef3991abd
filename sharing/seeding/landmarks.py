"""The largest of what was made, and the typical, so that a bench or a person finds them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sharing.models import Image, Membership
from sharing.seeding.images import Images
from sharing.seeding.plan import Plan
from sharing.seeding.tenants import HOTTEST_CONSUMER, OPERATOR, Tenants, manager

type Landmark = dict[str, Any]


def landmarks(plan: Plan) -> dict[str, Landmark]:
    """By name: IDs, who signs in for them, and how large they are by the database."""
    tenants = Tenants(plan)
    images = Images(plan, tenants)
    return {
        "operator": {"user": OPERATOR},
        "hottest_owner": _owner(tenants.id(tenants.owner(0))),
        "hottest_consumer": _consumer(tenants.id(HOTTEST_CONSUMER)),
        "hottest_image": _image(images, plan.number_of_the_hottest),
        "typical_owner": next(
            found for found in map(_owner, _middling_owners(plan, tenants)) if found["images"]
        ),
        "typical_consumer": next(
            found
            for found in map(_consumer, _middling_consumers(plan, tenants))
            if found["memberships"]
        ),
        "typical_image": next(
            found
            for found in (_image(images, number) for number in _middling_images(plan))
            if found["members"]
        ),
    }


def _middling_owners(plan: Plan, tenants: Tenants) -> Iterator[str]:
    return (tenants.id(tenants.owner(place)) for place in range(plan.owners // 2, 0, -1))


def _middling_consumers(plan: Plan, tenants: Tenants) -> Iterator[str]:
    ranks = range(plan.tenants // 2, 0, -1)
    return (tenants.id(rank) for rank in ranks if tenants.here(rank))


def _middling_images(plan: Plan) -> Iterator[int]:
    return (plan.by_members.there(place) for place in range(plan.offered // 2, -1, -1))


def _owner(tenant_id: str) -> Landmark:
    count = Image.objects.owned_by(tenant_id).count()
    return {"tenant": tenant_id, "user": manager(tenant_id), "images": count}


def _consumer(tenant_id: str) -> Landmark:
    count = Membership.objects.of_member(tenant_id).count()
    return {"tenant": tenant_id, "user": manager(tenant_id), "memberships": count}


def _image(images: Images, number: int) -> Landmark:
    image = images.image(number)
    count = Membership.objects.filter(image_id=image.id).count()
    owner = image.owner_id
    return {
        "image": str(UUID(image.id)),
        "tenant": owner,
        "user": manager(owner),
        "members": count,
    }

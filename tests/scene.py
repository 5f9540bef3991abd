"""One image with a member in each status, one that waits for its data, and every caller there is: what the access
tables walk.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from sharing import handshake
from sharing.imagedata.imports import begin
from sharing.models import ApplicationCredential, Image, Membership, TenantUser, Upload, User
from tests.conftest import Party, party, signed_in
from tests.factories import PASSWORD, CredentialFactory, ImageFactory
from tests.imported import RAW, queued

CALLERS = (
    "anonymous", "owner", "owner reader", "pending", "accepted", "rejected", "stranger", "operator",
)  # fmt: skip


@dataclass
class Scene:
    image: Image
    producer: Party
    pending: Party
    accepted: Party
    rejected: Party
    stranger: Party
    operator: User
    group: Group
    upload: Upload
    credential: ApplicationCredential

    @cached_property
    def clients(self) -> dict[str, Client]:
        return {
            "anonymous": Client(),
            "owner": self.producer.client(),
            "owner reader": self.producer.reader_client(),
            "pending": self.pending.client(),
            "accepted": self.accepted.client(),
            "rejected": self.rejected.client(),
            "stranger": self.stranger.client(),
            "operator": signed_in(self.operator),
        }

    def tenant_of(self, caller: str) -> str:
        """The tenant that the caller acts for; who acts for none tries the owner's."""
        of = {"owner": self.producer, "owner reader": self.producer}
        found = of.get(caller) or getattr(self, caller, None)
        return found.id if isinstance(found, Party) else self.producer.id

    def offer_to(self, caller: str) -> Membership:
        """The offer made to the caller; to who has none, the pending one of somebody else."""
        rows = Membership.objects.of_member(self.tenant_of(caller))
        return rows.first() or Membership.objects.pending().get()


def build_scene() -> Scene:
    producer = party("4471021", "Producer")
    members = {
        status: party(tenant_id, status.capitalize())
        for status, tenant_id in (
            ("pending", "5083310"),
            ("accepted", "5083311"),
            ("rejected", "5083312"),
        )
    }
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    handshake.offer(image, [member.id for member in members.values()], by=producer.by)
    for status in ("accepted", "rejected"):
        offer = Membership.objects.get(member_id=members[status].id)
        handshake.answer([offer.pk], status, by=members[status].by)
    scene = Scene(
        image=image, producer=producer, **members, stranger=party("6120047", "Stranger"),
        operator=User.objects.create_superuser("operator@cloud.example", PASSWORD),
        group=Group.objects.create(name="Auditors"),
        upload=begin(queued(producer), len(RAW), modified=0, by=producer.by),
        credential=CredentialFactory(holder=TenantUser.objects.get(user=producer.manager)),
    )  # fmt: skip
    # Signed in now, so that what a test rolls back later is not a session.
    assert len(scene.clients) == len(CALLERS)
    return scene


def without_token(answer: HttpResponse) -> str:
    """The page as a reader sees it: the CSRF token is masked anew in each answer."""
    text = answer.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+', r"\1", text)

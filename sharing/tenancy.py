"""Who asks: the acting user, tenant and role."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from sharing import reads
from sharing.errors import NotAllowed
from sharing.models import Image, Tenant, TenantUser, User

# A page of the inbox: each is looked at whether it is in force.
BADGE_CAP = 25
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user acting for one tenant in one role; or an operator, who acts for none (`tenant_id` is empty).

    `user` is the e-mail address that history keeps. Made by `acting_for` or `operator`, never from request data.
    """

    user: str
    tenant_id: str
    role: str

    @property
    def is_operator(self) -> bool:
        return self.role == OPERATOR

    @property
    def may_act(self) -> bool:
        return self.is_operator or self.role == TenantUser.Role.MANAGER


def may_act(*, by: Actor) -> None:
    """NotAllowed for a reader."""
    if not by.may_act:
        raise NotAllowed(
            "Your role in this tenant is reader: it sees everything and changes nothing."
        )


def owner_acts(image: Image, *, by: Actor) -> None:
    """NotAllowed for whoever is not a manager of the image's owner, nor an operator."""
    may_act(by=by)
    if not by.is_operator and image.owner_id != by.tenant_id:
        raise NotAllowed("Only the owner of an image does this.")


class Request(HttpRequest):
    """What the middleware and `acting_for` leave on a signed-in request; for the type checker alone."""

    user: User
    htmx: HtmxDetails
    tenant: Tenant
    has_others: bool
    actor: Actor


def operator(name: str) -> Actor:
    """An operator, by e-mail address or by the command that acts; the caller has made sure that it is one."""
    return Actor(user=name, tenant_id="", role=OPERATOR)


def acting_for(request: Request, tenant_id: str) -> Actor:
    """The signed-in user acting for the tenant in the URL. 404 where it may not, whether the tenant exists or not.

    Leaves the tenant on `request.tenant` and the actor on `request.actor` for the page's frame.
    """
    found = reads.role.first(request.user.pk, tenant_id)
    if found is None:
        raise Http404("No such tenant.")
    request.tenant = found.tenant
    request.has_others = found.has_others  # type: ignore[attr-defined]  # annotated
    request.actor = Actor(user=request.user.email, tenant_id=tenant_id, role=found.role)
    return request.actor


def waiting_offers(tenant_id: str) -> int:
    """How many offers wait for the tenant's answer, counted up to BADGE_CAP + 1."""
    return reads.waiting(tenant_id, most=BADGE_CAP + 1)[0]


def acting_tenant(request: Request) -> dict[str, Any]:
    """Context of every page: the acting tenant, its role, the tenants to switch to, and the inbox badge."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return {}
    return {
        "tenant": request.tenant,
        "actor": actor,
        "other_tenants": lambda: (
            reads.other_tenants(request.user.pk, actor.tenant_id) if request.has_others else []
        ),
        "waiting": lambda: waiting_offers(actor.tenant_id),
    }

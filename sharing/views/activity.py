from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sharing.forms import ActivityForm, cleaned
from sharing.models import Event
from sharing.paging import keyset_page
from sharing.tenancy import Request, acting_for


@require_safe
def activity(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = cleaned(ActivityForm(request.GET))
    arms: tuple[QuerySet[Event], ...] = Event.objects.seen_by(actor.tenant_id)
    if verb := form.cleaned_data["verb"]:
        arms = tuple(arm.filter(verb=verb) for arm in arms)
    page = keyset_page(arms, ("-id",), form.cleaned_data["page"])
    events = page.in_order(Event.objects.all().fetch_mode(models.FETCH_RAISE).in_bulk(page.keys))
    return render(request, "sharing/activity.html", {"form": form, "page": page, "events": events})

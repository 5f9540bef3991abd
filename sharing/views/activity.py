from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sharing import reads
from sharing.forms import ActivityForm, cleaned
from sharing.tenancy import Request, acting_for


@require_safe
def activity(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = cleaned(ActivityForm(request.GET))
    verb, cursor = form.cleaned_data["verb"], form.cleaned_data["page"]
    page = reads.events_of.page(actor.tenant_id, order=("-id",), cursor=cursor, verb=verb)
    events = page.in_order(reads.event_rows(page.keys))
    return render(request, "sharing/activity.html", {"form": form, "page": page, "events": events})

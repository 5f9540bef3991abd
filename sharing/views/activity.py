from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sharing import reads
from sharing.forms import ActivityForm, asked
from sharing.replica import read_list
from sharing.tenancy import Request, acting_for


@require_safe
def activity(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = asked(ActivityForm, request.GET)

    def shown() -> HttpResponse:
        return render(request, "sharing/activity.html", _context(tenant_id, form))

    return read_list(shown, by=actor)


def _context(tenant_id: str, form: ActivityForm) -> dict[str, Any]:
    verb, cursor = form.cleaned_data["verb"], form.cleaned_data["page"]
    page = reads.events_of.page(tenant_id, order=("-id",), cursor=cursor, verb=verb)
    events = page.in_order(reads.event_rows(page.keys))
    return {"form": form, "page": page, "events": events}

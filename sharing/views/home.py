from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from sharing.models import Image, Tenant
from sharing.tenancy import Request, acting_for


@require_safe
def home(request: Request) -> HttpResponse:
    """Leads to the inbox of the user's first tenant; an operator without one to the admin."""
    tenant = Tenant.objects.filter(users=request.user).first()
    if tenant is not None:
        return redirect("inbox", tenant.pk)
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "sharing/no_tenant.html")


@require_safe
def find_image(request: Request, image_id: UUID) -> HttpResponse:
    """A link that anybody can pass on: leads to the image's page of the tenant of mine that may see it, else 404."""
    for tenant in Tenant.objects.filter(users=request.user):
        if Image.objects.visible_to(tenant.pk).filter(pk=image_id).exists():
            return redirect("image", tenant.pk, image_id)
    raise Http404("No such image.")


@require_safe
def help_page(request: Request, tenant_id: str) -> HttpResponse:
    acting_for(request, tenant_id)
    return render(request, "sharing/help.html", {"region": settings.REGION})

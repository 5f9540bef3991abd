from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse


def ask(
    screen: admin.ModelAdmin[Any],
    request: HttpRequest,
    action: str,
    chosen: Sequence[Model],
    *,
    title: str,
    stays: bool = False,
    **context: object,
) -> TemplateResponse:
    """The page that an action asks on before it acts, and that sends it again, confirmed.

    `stays`: what is chosen keeps its page, so that the act is done there, and one returns to it.
    """
    opts = screen.opts
    here, from_list = request.get_full_path(), "action" in request.POST
    every = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    listed = here if from_list and not stays else every
    context |= {
        **screen.admin_site.each_context(request),
        "title": title, "opts": opts, "action": action, "chosen": chosen, "list": listed, "back": here,
        "post_to": here if stays else listed,
        "field": "CHANGE_FORM-action" if stays and not from_list else "action",
    }  # fmt: skip
    template = f"admin/{opts.app_label}/{opts.model_name}/{action}.html"
    return TemplateResponse(request, template, context)

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

# Shared by all instances, because there are two: one is made while `sharing.admin`, which Django imports in order to
# make the other, is still registering its screens.
SCREENS: "dict[type[Model], admin.ModelAdmin[Any]]" = {}

# No screen leads there, and Django's views answer 500 to addresses that were tampered with.
UNUSED_URLS = {"autocomplete", "view_on_site", "password_change_done"}


class OperatorSite(admin.AdminSite):
    """Lets staff in; whoever else is signed in gets 403."""

    site_header = site_title = "Proffer operators"
    index_title = "Overview"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._registry = SCREENS

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Takes the screens of this package alone.

        Those that other apps bring count without a limit, and show what operators need not know: the arguments of
        the mail tasks hold password reset links.
        """
        if admin_class is not None and admin_class.__module__.startswith(f"{__package__}."):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in UNUSED_URLS]

    def admin_view[View: Callable[..., HttpResponseBase]](
        self, view: View, cacheable: bool = False
    ) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def for_operators(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return for_operators  # type: ignore[return-value]

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Operators change their password where everybody does, behind the same rate limits."""
        return redirect("account_change_password")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return LogoutView.as_view(next_page="account_login")(request)

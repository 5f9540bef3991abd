from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect

from sharing.errors import NotVisible, Refused


class FreshPagesMiddleware(MiddlewareMixin):
    """Pages are never kept: Back shows what is true now, and nothing to whoever comes after a sign-out."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        add_never_cache_headers(response)
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """As Django's; an htmx request whose session ended leaves the page for the sign-in, which leads back."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse]
    ) -> HttpResponse:
        if not request.htmx:
            return super().handle_no_permission(request, view_func)
        page = request.htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(
            redirect_to_login(page, resolve_url(self.get_login_url(view_func))).url
        )


class RefusalMiddleware(MiddlewareMixin):
    """Turns what the domain refused into a page with its sentence, where the view did not show it in place."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if isinstance(exception, NotVisible):
            return page_not_found(request, Http404())
        status = exception.html_status
        return render(
            request, "refused.html", {"reason": str(exception), "status": status}, status=status
        )

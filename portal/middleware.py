import gzip
import secrets
from collections.abc import Callable
from gzip import FNAME
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect, reselect, reswap, retarget

from sharing.errors import NotVisible, Refused

# Of fewer bytes than this nothing is gained; such answers go Django's way.
PAGE_MIN = 1000


class FreshPagesMiddleware(MiddlewareMixin):
    """Pages are never kept: Back shows what is true now, and nothing to whoever comes after a sign-out.

    Image data says itself how it may be kept.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class CompressedPagesMiddleware(GZipMiddleware):
    """Compresses what is answered, but no image data: its length and its parts are those of the file.

    Pages are compressed less than Django does: measured, a third of the time for a tenth to a third more bytes.
    """

    level = 3

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "Accept-Ranges" in response:
            return response
        if isinstance(response, HttpResponse) and self._wants(request, response):
            patch_vary_headers(response, ["Accept-Encoding"])
            response.content = self._compressed(response.content)
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(response.content))
            return response
        return super().process_response(request, response)

    def _wants(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Whether it is a page, and whoever asked can read it compressed."""
        accepted = re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        plain = "Content-Encoding" not in response and "ETag" not in response
        return bool(accepted) and plain and len(response.content) >= PAGE_MIN

    def _compressed(self, content: bytes) -> bytes:
        compressed = gzip.compress(content, self.level, mtime=0)
        # A file name of random length in the header, as Django has it: its length then tells less of secrets (BREACH).
        name = b"a" * secrets.randbelow(self.max_random_bytes) + b"\0"
        return compressed[:3] + bytes([FNAME]) + compressed[4:10] + name + compressed[10:]


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """As Django's; where a verb or a fragment was asked for, the sign-in leads back to the page it was asked on.

    What sends image data in parts (tus) follows no redirect: it is told.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse]
    ) -> HttpResponse:
        if "Tus-Resumable" in request.headers:
            told = "The session ended. Sign in again."
            return HttpResponse(told, status=401, content_type="text/plain; charset=utf-8")
        if request.method in ("GET", "HEAD") and not request.htmx:
            return super().handle_no_permission(request, view_func)
        page = request.htmx.current_url if request.htmx else request.headers.get("Referer")
        ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
        back = urlsplit(page)._replace(scheme="", netloc="").geturl() if ours else "/"
        sign_in = redirect_to_login(back, resolve_url(self.get_login_url(view_func)))
        return HttpResponseClientRedirect(sign_in.url) if request.htmx else sign_in


class RefusalMiddleware(MiddlewareMixin):
    """Turns what the domain refused into a page with its sentence, where the view did not show it in place."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if isinstance(exception, NotVisible):
            return page_not_found(request, Http404())
        return refused(request, str(exception), exception.html_status)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 405 or response.content:
            return response
        page = refused(
            request,
            "This address acts when a form is sent to it; there is nothing to look at.",
            405,
        )
        page.headers["Allow"] = response.headers["Allow"]
        return page


def refused(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    page = render(request, "refused.html", {"reason": reason, "status": status}, status=status)
    if not request.htmx:
        return page
    # Where the view did not answer in place, 409 and 422 are shown as every other error is.
    return reswap(reselect(retarget(page, "#messages"), "#error"), "innerHTML")

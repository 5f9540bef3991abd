"""The portal, served with two answers more: one that Django does not see, and one that only says who is signed in."""

from django.http import HttpResponse
from django.urls import path

from portal.wsgi import application as portal

# Importing that has set up Django, which what follows needs.
from portal import urls  # isort: skip

BYTES, SIGNED_IN = "/bytes/", "/signed-in/"


def application(environ, start_response):
    if environ["PATH_INFO"] != BYTES:
        return portal(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1000")])
    return [b"." * 1000]


def signed_in(request) -> HttpResponse:
    return HttpResponse(request.user.email)


urls.urlpatterns.append(path(SIGNED_IN[1:], signed_in))

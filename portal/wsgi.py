import gc
import os
from email.message import Message
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django = get_wsgi_application()

from sharing.api import application as api  # noqa: E402 -- needs Django to be set up


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The API, or Django for the pages: neither passes the other's middleware.

    Requests are read as UTF-8, as forms are written, whatever charset they claim. A claimed charset that is no text
    encoding would end in an error before any code of ours sees the request.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        header = Message()
        header["Content-Type"] = environ["CONTENT_TYPE"]
        header.del_param("charset")
        environ["CONTENT_TYPE"] = header["Content-Type"]
    handler = api.application if api.is_for_api(environ.get("PATH_INFO", "")) else django
    return handler(environ, start_response)


# What is loaded by now stays; to look through it for what can go would take a sixth of a page's time.
gc.collect()
gc.freeze()

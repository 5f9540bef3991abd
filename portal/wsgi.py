import os
from email.message import Message
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Django, which reads forms as UTF-8, as their pages are written, whatever charset a request claims.

    A claimed charset that is no text encoding would end in an error before any middleware sees the request.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        header = Message()
        header["Content-Type"] = environ["CONTENT_TYPE"]
        header.del_param("charset")
        environ["CONTENT_TYPE"] = header["Content-Type"]
    return django(environ, start_response)

"""Reads the settings of image data from the text of environment variables."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HEADERS = ("X-Accel-Redirect", "X-Sendfile")
S3_OPTIONS = {"region": "region_name", "prefix": "location"}


class LicenceRule(NamedTuple):
    """An image with this property (compared without case) is restricted by this licence."""

    name: str
    value: str
    licence: str


def licence_rules(texts: list[str]) -> tuple[LicenceRule, ...]:
    return tuple(_licence_rule(text) for text in texts if text.strip())


def _licence_rule(text: str) -> LicenceRule:
    condition, _, licence = text.strip().partition(":")
    name, equals, value = condition.partition("=")
    if not (name and equals and value) or len(licence) > 100:
        raise ImproperlyConfigured(
            f"LICENCE_RULES: {text!r} is not property=value or property=value:licence, the licence at most 100 long"
        )
    return LicenceRule(name.strip(), value.strip().casefold(), licence.strip() or value.strip())


def handed_over(text: str) -> tuple[str, str]:
    """The header and, for X-Accel-Redirect, the internal location: `X-Accel-Redirect:/image-data/`."""
    header, _, location = text.partition(":")
    if text and (header not in HEADERS or (header == HEADERS[0]) != location.startswith("/")):
        raise ImproperlyConfigured(
            "SENDFILE must be X-Sendfile, or X-Accel-Redirect:/location/, or empty to stream"
        )
    return header, location


def image_store(text: str) -> dict[str, Any]:
    """The storage of image data: a folder, or `s3://key:secret@host/bucket?region=...&prefix=...`.

    Without key and secret, those of the machine are used; without a host (`s3:///bucket`), Amazon's.
    `http+s3://` for a server without TLS.
    """
    url = urlsplit(text)
    if url.scheme not in ("s3", "http+s3"):
        options = {
            "location": text,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "sharing.imagedata.store.LocalImages", "OPTIONS": options}
    bucket, query = url.path.strip("/"), dict(parse_qsl(url.query))
    if not bucket or "/" in bucket or not query.keys() <= S3_OPTIONS.keys():
        raise ImproperlyConfigured(
            "IMAGE_STORE must be a folder, or s3://key:secret@host/bucket?region=...&prefix=..."
        )
    options = {"bucket_name": bucket, "file_overwrite": False, "default_acl": None}
    options |= {S3_OPTIONS[name]: value for name, value in query.items()}
    if url.username:
        options |= {"access_key": unquote(url.username), "secret_key": unquote(url.password or "")}
    if url.hostname:
        scheme = "http" if url.scheme.startswith("http") else "https"
        options["endpoint_url"] = f"{scheme}://{url.netloc.rpartition('@')[2]}"
    return {"BACKEND": "sharing.imagedata.s3.S3Images", "OPTIONS": options}

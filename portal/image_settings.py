"""Reads the settings of image data from the text of environment variables."""

from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HEADERS = ("X-Accel-Redirect", "X-Sendfile")
S3_SCHEMES = {"s3": "https", "http+s3": "http"}
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
    name, _, value = map(str.strip, condition.partition("="))
    if not (name and value) or len(licence) > 100:
        raise ImproperlyConfigured(
            f"LICENCE_RULES: {text!r} is not property=value or property=value:licence, the licence at most 100 long"
        )
    return LicenceRule(name, value.casefold(), licence.strip() or value)


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
    if text and "://" not in text:
        return {
            "BACKEND": "sharing.imagedata.store.LocalImages",
            "OPTIONS": {"location": text},
        }
    try:
        return {"BACKEND": "sharing.imagedata.s3.S3Images", "OPTIONS": _s3_options(urlsplit(text))}
    except (ValueError, KeyError):
        # Neither the text nor the error that names a part of it: the secret is in there.
        raise ImproperlyConfigured(
            "IMAGE_STORE must be a folder, or s3://key:secret@host/bucket?region=...&prefix=..."
        ) from None


def _s3_options(url: SplitResult) -> dict[str, Any]:
    """Raises ValueError or KeyError for what is no address of a bucket."""
    bucket = url.path.strip("/")
    has_both = bool(url.username) == bool(url.password)
    if url.scheme not in S3_SCHEMES or not bucket or "/" in bucket or url.fragment or not has_both:
        raise ValueError
    options = {"bucket_name": bucket, "default_acl": None}
    query = parse_qsl(url.query, strict_parsing=True) if url.query else []
    options |= {S3_OPTIONS[name]: value.strip("/") for name, value in query}
    if url.username:
        options |= {"access_key": unquote(url.username), "secret_key": unquote(url.password or "")}
    if url.hostname:
        port = f":{url.port}" if url.port else ""
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        options["endpoint_url"] = f"{S3_SCHEMES[url.scheme]}://{host}{port}"
        # The bucket in the path: the other way asks for a certificate and a name in the DNS for each bucket.
        options["addressing_style"] = "path"
    return options

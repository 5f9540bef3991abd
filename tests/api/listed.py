"""Image lists as a client reads them."""

from typing import Any
from urllib.parse import urlencode

from sharing.models import Image
from tests.api.client import IMAGES, Api, Told


def ask(asking: Api, **query: Any) -> Told:
    """GET of the list; a parameter that is a list is repeated."""
    return asking.get(f"{IMAGES}?{urlencode(query, doseq=True)}")


def images_of(told: Told) -> list[dict[str, Any]]:
    assert told.status == 200, told.content
    listed: list[dict[str, Any]] = told.json["images"]
    return listed


def ids(asking: Api, **query: Any) -> list[str]:
    return [
        image["id"]
        for image in images_of(ask(asking, limit=1000) if not query else ask(asking, **query))
    ]


def names(asking: Api, **query: Any) -> list[str]:
    return [image["name"] for image in images_of(ask(asking, **query))]


def walk(asking: Api, path: str, most: int = 100) -> list[Told]:
    """The page at the path and all those that follow."""
    pages = [asking.get(f"/image{path}")]
    images_of(pages[0])
    while further := pages[-1].json.get("next"):
        pages.append(asking.get(f"/image{further}"))
        images_of(pages[-1])
        assert len(pages) <= most
    return pages


def rename(image: Image, **facts: Any) -> None:
    Image.objects.filter(pk=image.pk).update(**facts)

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from sharing import handshake
from sharing.errors import BadInput, Gone
from sharing.management.verb import OperatorVerb, text
from sharing.models import Image
from sharing.models.membership import NOTE_MAX
from sharing.printable import printable
from sharing.results import OfferResult, Outcome


class Command(OperatorVerb):
    help = """Offer an image to one or more tenants, on behalf of its owner.

Prints a line per tenant ID: offered, already a member (and its status), the owner's own ID, or
not a valid tenant ID. One bad ID does not lose the others. An ID is judged by its form alone:
an offer to an ID of nobody stands and stays pending. Safe to repeat.

This door does not ask for the checklist: where the owner has not confirmed it, the consumer
sees that.

Exit status: 0 when every ID is a member now; 1 when an ID was not offered, or the image as a
whole was refused (private, on hold, over the member quota: then nothing is offered)."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("image", type=text, metavar="IMAGE", help="the image's UUID")
        parser.add_argument("tenants", type=text, nargs="+", metavar="TENANT", help="a tenant ID")
        parser.add_argument(
            "--note",
            type=text,
            default="",
            help=f"shown with the offer; at most {NOTE_MAX} characters",
        )

    def handle(self, *, image: str, tenants: list[str], note: str, **options: Any) -> None:
        results = handshake.offer(_image(image), tenants, note=note, by=self.by)
        for result in results:
            self.stdout.write(f"{printable(result.member_id)}: {_outcome(result)}")
        bad = [r for r in results if r.outcome in (Outcome.OWN_ID, Outcome.INVALID)]
        if bad:
            raise CommandError(f"Not offered to {len(bad)} of {len(results)} tenant IDs.")


def _image(text: str) -> Image:
    try:
        image = Image.objects.filter(pk=UUID(text)).first()
    except ValueError:
        raise BadInput(f"“{printable(text)}” is not the UUID of an image.") from None
    if image is None:
        raise Gone(f"There is no image {text} here.")
    return image


def _outcome(result: OfferResult) -> str:
    if result.outcome is Outcome.OWN_ID:
        return "the owner's own ID"
    if result.standing is None:
        return str(result.outcome)
    return f"{result.outcome}, {result.standing.status} since {result.standing.since:%Y-%m-%d %H:%M} UTC"

from django.utils import timezone

from sharing.errors import NotAllowed
from sharing.handshake.locking import lock
from sharing.history import record, switch
from sharing.models import Image
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import whole


def hold(image: Image, *, by: Actor) -> bool:
    """An operator puts the image on hold: shown, neither offered nor used; memberships stay. False: it was already."""
    return _set_hold(image, True, Verb.HELD, by=by)


def release(image: Image, *, by: Actor) -> bool:
    """An operator releases the image from hold. False: it was not on hold."""
    return _set_hold(image, False, Verb.RELEASED, by=by)


def deactivate(image: Image, *, by: Actor) -> bool:
    """The owner suspends the image's data: the record shows, nobody gets the data. False: it was so already.

    Refused: not the owner's manager or an operator (NotAllowed); it has no data yet (NotAllowed); gone (Gone).
    """
    return _set_status(image, Image.Status.DEACTIVATED, Verb.DEACTIVATED, by=by)


def reactivate(image: Image, *, by: Actor) -> bool:
    """The owner lets the data be used again. False: it was so already.

    Refused: as `deactivate`; and on hold (NotAllowed): what an operator suspended, an operator releases.
    """
    return _set_status(image, Image.Status.ACTIVE, Verb.REACTIVATED, by=by)


@whole
def _set_status(image: Image, status: Image.Status, verb: Verb, *, by: Actor) -> bool:
    owner_acts(image, by=by)
    locked = lock(image, no_key=True)
    if locked.status == Image.Status.QUEUED:
        raise NotAllowed("This image is queued: it has no data yet that could be deactivated.")
    if locked.on_hold and status == Image.Status.ACTIVE and not by.is_operator:
        raise NotAllowed("An operator put this image on hold: only an operator releases it.")
    if locked.status == status:
        return False
    Image.objects.filter(pk=locked.pk).update(status=status, updated_at=timezone.now())
    record(verb, [Touched(None, locked.pk, "")], by=by, of=locked)
    return True


@whole
def _set_hold(image: Image, on_hold: bool, verb: Verb, *, by: Actor) -> bool:
    if not by.is_operator:
        raise NotAllowed("Only an operator puts an image on hold or releases it.")
    return switch(image, verb, by=by, on_hold=on_hold)

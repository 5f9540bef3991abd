"""What the domain refuses: raised by the handshake, translated once per door.

HTML: `views/outcome.py` in place, `portal/middleware.py` as a page. API: `api/errors.py`.
"""


class Refused(Exception):
    """An act that was refused; nothing was changed. The text is a sentence for the person who asked."""

    html_status = 409


class NotVisible(Refused):
    """Nothing that the caller may know of: the same answer whether it exists or not."""

    html_status = 404


class NotAllowed(Refused):
    """The caller is a party, but this act is not its to do."""

    html_status = 403


class NotShareable(Refused):
    """The image cannot be offered as it is: private, or on hold."""


class AlreadyMember(Refused):
    """The pair of image and member stands already; nothing was changed."""


class Protected(Refused):
    """A protected image cannot be deleted; nor one on hold, by its owner."""


class Gone(Refused):
    """Withdrawn, pruned or deleted since the caller looked."""


class Conflict(Refused):
    """It does not fit how things stand: the image has its data, or the upload is at another offset."""


class StorageFull(Refused):
    """There is no room left on the disk of the portal. What arrived before is kept."""

    html_status = 507


class Stale(Refused):
    """The membership stands, but not with the status that the caller saw."""


class QuotaExceeded(Refused):
    """More members than MEMBER_QUOTA, or more images or bytes than the tenant may have."""

    html_status = 422


class BadInput(Refused):
    """A value that is not of the allowed form; the text names the field and what is allowed."""

    html_status = 422


class ChecklistRequired(BadInput):
    """The first offer of an image needs its owner's confirmed checklist."""


class BadData(BadInput):
    """Image data that is not what it must be, or not safe. The image stays queued and nothing of the data is kept."""

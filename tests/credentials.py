"""The pages of application credentials, as their tests ask for them."""

from django.urls import reverse

from sharing.models import TenantUser
from tests.pages import read


def at(party, name="credentials"):
    return reverse(name, args=[party.id])


def page_of(party, client=None, **query):
    answer = (client or party.client()).get(at(party), query)
    assert answer.status_code == 200
    return read(answer)


def make(party, client=None, headers=None, **typed):
    """Sends the form, filled in but for what is typed; None leaves a field out."""
    body = {"name": "CI", "tenant": party.id, "role": "reader", "expires": "90"} | typed
    body = {name: value for name, value in body.items() if value is not None}
    address = at(party, "create-credential")
    return (client or party.client()).post(address, body, headers=headers or {})


def errors(answer):
    """The field with an error, and the sentence beside it."""
    assert answer.status_code == 422
    fields = read(answer).all("form.new-credential .field")
    [field] = [field for field in fields if field.all(".errorlist")]
    label = "span" if field.fits("[role=radiogroup]") else "label"
    return field.all(label)[0].words, field.one(".errorlist").words


def holder(party, user=None):
    """The role of the party's manager, or of another user, in its tenant."""
    return TenantUser.objects.get(tenant=party.tenant, user=user or party.manager)

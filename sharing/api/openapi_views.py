from django.http import HttpResponse

from sharing.api.calls import Call, answer


def document(call: Call) -> HttpResponse:
    # Imported here: the document is made from the table of routes, in which this view stands.
    from sharing.api.openapi import document as described

    return answer(200, described())

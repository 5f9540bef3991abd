from django.http import QueryDict

from sharing.api.calls import Call
from sharing.api.endpoints import IMAGE


def link(call: Call, **changes: str | None) -> str:
    """This list's address, as the wire has it (below the endpoint), its query changed; None takes a parameter out."""
    query: QueryDict = call.request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    path = call.request.path_info.removeprefix(IMAGE).rstrip("/")
    return f"{path}?{query.urlencode()}" if query else path

"""The admin's rows of the access table: operators alone. Whoever else is signed in gets 403."""

STAFF = "302 403 403 403 403 403 403 {}"
# What an operator meets at each of a model's five pages, for GET and POST; 403 where the admin offers no such act.
CHANGELIST, ADD, HISTORY, DELETE, CHANGE = "changelist", "add", "history", "delete", "change"
MODELS = {
    # model: (key of a row in the scene, {page: (get, post)})
    "sharing_applicationcredential": (
        "credential",
        {ADD: (403, 403), DELETE: (403, 403), CHANGE: (200, 403)},
    ),
    "sharing_event": (
        "event",
        {HISTORY: (302, 302), ADD: (403, 403), DELETE: (403, 403), CHANGE: (200, 403)},
    ),
    "sharing_image": (
        "image",
        {HISTORY: (302, 302), ADD: (403, 403), DELETE: (403, 403), CHANGE: (200, 403)},
    ),
    "sharing_membership": (
        "member",
        {HISTORY: (302, 302), ADD: (200, 200), DELETE: (403, 403), CHANGE: (200, 403)},
    ),
    "sharing_tenant": ("producer", {ADD: (200, 200), DELETE: (403, 403), CHANGE: (200, 200)}),
    "sharing_user": ("user", {ADD: (200, 200), DELETE: (403, 403), CHANGE: (200, 200)}),
    "auth_group": ("group", {ADD: (200, 200), DELETE: (200, 200), CHANGE: (200, 200)}),
}


def _rows():
    for model, (key, pages) in MODELS.items():
        for page, (get, post) in {CHANGELIST: (200, 200), HISTORY: (200, 200), **pages}.items():
            args = () if page in (CHANGELIST, ADD) else (key,)
            yield (
                f"admin:{model}_{page}",
                {"get": STAFF.format(get), "post": STAFF.format(post), "args": args},
            )


def _one(get, post, **row):
    return {"get": STAFF.format(get), "post": STAFF.format(post), **row}


ADMIN = dict(_rows()) | {
    "admin:index": _one(200, 200),
    "admin:login": {
        "get": "302 403 403 403 403 403 403 302",
        "post": "302 403 403 403 403 403 403 200",
        # Django leads on who is signed in already for GET alone.
        "head": "302 403 403 403 403 403 403 200",
    },
    "admin:logout": _one(405, 302),
    "admin:password_change": _one(302, 302),
    "admin:jsi18n": _one(200, 405),
    "admin:app_list": _one(200, 200, args=("sharing",)),
    # No licence restricts the scene's image, so its owner exports it.
    "admin:sharing_image_data": _one(403, 405, args=("image",)),
    "admin:auth_user_password_change": _one(200, 200, args=("user",)),
    "admin:<path:object_id>/": _one(302, 302, path="/admin/sharing/image/{image}/"),
    "admin:(?P<url>.*)$": _one(404, 404, path="/admin/no/such/page/"),
}

from sharing.models.tenant import is_tenant_id


class TenantIDConverter:
    """A well-formed tenant ID in a URL; anything else is no such page."""

    # Not the cloud's pattern: a stencil writes addresses with what only stands for a tenant ID.
    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        if not is_tenant_id(value):
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return value

"""What the identity service answers, as it is on the wire. The names are Keystone's, where a project is a tenant."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sharing.api.wire import Link

Moment = Annotated[
    str, Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z", description="UTC")
]


class MediaType(msgspec.Struct):
    base: str
    type: str


class IdentityVersion(msgspec.Struct, rename={"media_types": "media-types"}):
    id: str
    status: str
    updated: str
    links: list[Link]
    media_types: list[MediaType]


class IdentityVersionEnvelope(msgspec.Struct):
    version: IdentityVersion


class IdentityVersionList(msgspec.Struct):
    values: list[IdentityVersion]


class IdentityVersions(msgspec.Struct):
    versions: IdentityVersionList


class DefaultDomain(msgspec.Struct):
    """The one domain that there is."""

    id: Literal["default"]
    name: Literal["Default"]


class TokenUser(msgspec.Struct):
    id: str
    name: Annotated[str, Meta(description="The e-mail address of the user.")]
    domain: DefaultDomain
    password_expires_at: None


class TokenTenant(msgspec.Struct):
    id: Annotated[str, Meta(description="The tenant ID.")]
    name: str
    domain: DefaultDomain


class Role(msgspec.Struct):
    id: str
    name: Literal["member", "reader"]


class TokenCredential(msgspec.Struct):
    id: str
    name: str
    restricted: bool


class Endpoint(msgspec.Struct):
    id: str
    interface: Literal["public", "internal", "admin"]
    region_id: str
    region: str
    url: str


class Service(msgspec.Struct):
    id: str
    type: Literal["identity", "image"]
    name: str
    endpoints: list[Endpoint]


class TokenFacts(msgspec.Struct):
    """What a token says: who acts, for which tenant, in which roles, and where the services are."""

    methods: tuple[str, ...]
    user: TokenUser
    audit_ids: list[str]
    expires_at: Moment
    issued_at: Moment
    project: TokenTenant
    is_domain: bool
    roles: list[Role]
    catalog: list[Service]
    application_credential: TokenCredential | UnsetType = UNSET


class TokenEnvelope(msgspec.Struct):
    token: TokenFacts


class UserFacts(TokenUser):
    enabled: bool
    domain_id: str


class UserEnvelope(msgspec.Struct):
    user: UserFacts


class TenantFacts(msgspec.Struct):
    id: Annotated[str, Meta(description="The tenant ID.")]
    name: str
    domain_id: str
    parent_id: str
    enabled: bool
    is_domain: bool
    description: str
    tags: list[str]


class TenantEnvelope(msgspec.Struct):
    project: TenantFacts


class ListLinks(msgspec.Struct):
    self: str
    next: None
    previous: None


class Tenants(msgspec.Struct):
    projects: list[TenantFacts]
    links: ListLinks


class Catalog(msgspec.Struct):
    catalog: list[Service]
    links: ListLinks

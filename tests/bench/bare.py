"""The calls of the bench of the API, answered by hand-written SQL: no Django, nothing of the portal.

The measure of what database, server and Python can do at most. It does to the database what the portal does, and
answers the same bytes where all is well; it tells no error, and trusts every request but for its token.
"""

import hashlib
import hmac
import os
import re
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
import psycopg
from psycopg.rows import namedtuple_row, tuple_row

from tests.bench import statements as sql

here = threading.local()
MANAGER, QUOTA, LIFETIME, PAGE = "manager", 1000, 3600, 25
SHARED = "/v2/schemas/member"
SIGNING = hashlib.sha256(
    b"sharing.api.tokens" + b"signer" + os.environ["SECRET_KEY"].encode()
).digest()


class Claims(msgspec.Struct, array_like=True):
    id: UUID
    user_id: int
    tenant_id: str
    role: str
    methods: tuple[str, ...]
    issued: int
    expires: int
    credential_id: UUID | None
    password: str


claims_decoder = msgspec.json.Decoder(Claims)


def connection() -> psycopg.Connection:
    """The one of this thread; every statement is prepared at its first use."""
    if not hasattr(here, "connection"):
        before, _, name = os.environ["DATABASE_URL"].rpartition("/")
        host = before.removeprefix("postgres://proffer@/")
        here.connection = psycopg.connect(
            host=host, user="proffer", dbname=name, autocommit=True, row_factory=namedtuple_row,
            prepare_threshold=0,
        )  # fmt: skip
    return here.connection


def signature(payload: str) -> str:
    found = hmac.new(SIGNING, payload.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(found).decode().rstrip("=")


def who(environ):
    """Claims, role and e-mail address behind the token."""
    payload, _, signed = environ["HTTP_X_AUTH_TOKEN"].rpartition(":")
    assert hmac.compare_digest(signature(payload), signed)
    claims = claims_decoder.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims.expires > time.time()
    values = (claims.id, claims.user_id, claims.tenant_id, claims.credential_id)
    holder = connection().execute(sql.STANDING, values).fetchone()
    assert holder
    assert MANAGER in (claims.role, holder.role)
    return claims, holder.email


def member(row) -> dict:
    return {
        "member_id": row.member_id,
        "image_id": str(row.image_id),
        "status": row.status,
        "created_at": row.created_at.replace(microsecond=0),
        "updated_at": (row.answered_at or row.created_at).replace(microsecond=0),
        "schema": SHARED,
    }


def share(environ, key):
    claims, user = who(environ)
    db = connection()
    image = db.execute(sql.PARTY, (key, claims.tenant_id, claims.tenant_id)).fetchone()
    assert image.owner_id == claims.tenant_id
    said = msgspec.json.decode(environ["wsgi.input"].read())
    now = datetime.now(UTC)
    with db.transaction():
        image = db.execute(sql.LOCK, (key,)).fetchone()
        assert image.visibility == "shared"
        assert not image.on_hold
        made = db.execute(sql.INSERT, (key, said["member"], user, now)).fetchone()
        [members] = db.execute(sql.COUNT, (key, QUOTA + 2)).fetchone()
        assert members <= QUOTA
        record(now, "offered", image, said["member"], made.id, user, claims.tenant_id)
    return 200, member(made)


def record(now, verb, image, member_id, offer_id, user, tenant_id):
    connection().execute(
        sql.EVENT,
        (now, verb, image.id, image.name, image.owner_id, member_id, offer_id, user, tenant_id),
    )


def accept(environ, key, member_id):
    claims, user = who(environ)
    db = connection()
    image = db.execute(sql.PARTY, (key, claims.tenant_id, claims.tenant_id)).fetchone()
    assert image
    said = msgspec.json.decode(environ["wsgi.input"].read())
    status, now = said["status"], datetime.now(UTC)
    with db.transaction():
        values = (status, user, now, key, claims.tenant_id, status)
        row = db.execute(sql.ANSWER, values).fetchone()
        if row:
            record(now, status, image, member_id, row.id, user, claims.tenant_id)
        else:
            row = db.execute(sql.MEMBER, (key, claims.tenant_id)).fetchone()
    return 200, member(row)


def members(environ, key):
    claims, _ = who(environ)
    db = connection()
    image = db.execute(sql.PARTY, (key, claims.tenant_id, claims.tenant_id)).fetchone()
    assert image.owner_id == claims.tenant_id
    with db.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(sql.MEMBERS, (key,)).fetchall()
    told = [
        {
            "member_id": member_id, "image_id": key, "status": status, "created_at": made.replace(microsecond=0),
            "updated_at": (answered or made).replace(microsecond=0), "schema": SHARED,
        }
        for member_id, status, made, answered in rows
    ]  # fmt: skip
    return 200, {"members": told, "schema": "/v2/schemas/members"}


def images(environ):
    claims, _ = who(environ)
    db = connection()
    most = PAGE + 1
    values = (claims.tenant_id, most, claims.tenant_id, most, most)
    rows = db.execute(sql.LISTED, values).fetchall()
    tags = {}
    for row in db.execute(sql.TAGS, ([row.id for row in rows[:PAGE]],)):
        tags.setdefault(row.image_id, []).append(row.name)
    told = {
        "images": [image_out(row, tags.get(row.id, [])) for row in rows[:PAGE]],
        "first": "/v2/images",
        "schema": "/v2/schemas/images",
    }
    if len(rows) > PAGE:
        told["next"] = f"/v2/images?marker={rows[PAGE - 1].id}"
    return 200, told


def image_out(row, tags) -> dict:
    """Its own facts (what it was made from, the two words on its export) are not among the bench's."""
    address = f"/v2/images/{row.id}"
    held = row.on_hold and row.status == "active"
    return {
        **row.properties, "name": row.name or None, "disk_format": row.disk_format or None,
        "container_format": row.container_format or None, "visibility": row.visibility,
        "size": None if row.status == "queued" else row.size, "virtual_size": row.virtual_size,
        "status": "deactivated" if held else row.status, "checksum": row.checksum or None, "protected": row.protected,
        "min_ram": row.min_ram, "min_disk": row.min_disk, "owner": row.owner_id, "os_hidden": row.os_hidden,
        "os_hash_algo": row.os_hash_algo or None, "os_hash_value": row.os_hash_value or None, "id": str(row.id),
        "created_at": row.created_at.replace(microsecond=0), "updated_at": row.updated_at.replace(microsecond=0),
        "tags": tags, "self": address, "file": f"{address}/file", "schema": "/v2/schemas/image",
    }  # fmt: skip


def token(environ):
    said = msgspec.json.decode(environ["wsgi.input"].read())
    said = said["auth"]["identity"]["application_credential"]
    holder = connection().execute(sql.CREDENTIAL, (UUID(said["id"]),)).fetchone()
    secret = hashlib.sha256(said["secret"].encode()).hexdigest()
    assert hmac.compare_digest(secret, holder.secret_hash)
    assert holder.expires_at is None
    now = int(time.time())
    claims = Claims(
        uuid4(), holder.user_id, holder.tenant_id, holder.role, ("application_credential",), now, now + LIFETIME,
        holder.id, "",
    )  # fmt: skip
    payload = urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip("=")
    told = {
        "methods": claims.methods,
        "user": {"domain": DOMAIN, "id": str(holder.user_id), "name": holder.email, "password_expires_at": None},
        "audit_ids": [urlsafe_b64encode(claims.id.bytes).decode().rstrip("=")],
        "expires_at": moment(claims.expires), "issued_at": moment(claims.issued),
        "project": {"domain": DOMAIN, "id": holder.tenant_id, "name": holder.tenant},
        "is_domain": False, "roles": [{"id": id_of(name), "name": name} for name in ("member", "reader")],
        "catalog": catalog(f"http://{environ['HTTP_HOST']}"),
        "application_credential": {"id": holder.id.hex, "name": holder.name, "restricted": True},
    }  # fmt: skip
    return 201, {"token": told}, [("X-Subject-Token", f"{payload}:{signature(payload)}")]


DOMAIN = {"id": "default", "name": "Default"}


@cache
def id_of(name: str) -> str:
    return uuid5(NAMESPACE_URL, f"proffer:{name}").hex


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def catalog(base: str) -> list:
    return [
        {
            "id": id_of(kind), "type": kind, "name": name,
            "endpoints": [
                {
                    "id": id_of(f"{kind} {interface}"), "interface": interface, "region_id": "RegionOne",
                    "region": "RegionOne", "url": base + path,
                }
                for interface in ("public", "internal", "admin")
            ],
        }
        for kind, name, path in (("identity", "keystone", "/identity/v3"), ("image", "glance", "/image"))
    ]  # fmt: skip


IMAGE = r"/image/v2/images/([^/]+)"
ROUTES = [
    ("GET", re.compile("/image/v2/images"), images),
    ("POST", re.compile("/identity/v3/auth/tokens"), token),
    ("GET", re.compile(f"{IMAGE}/members"), members),
    ("POST", re.compile(f"{IMAGE}/members"), share),
    ("PUT", re.compile(f"{IMAGE}/members/([^/]+)"), accept),
]


def application(environ, start_response):
    for method, path, handler in ROUTES:
        match = method == environ["REQUEST_METHOD"] and path.fullmatch(environ["PATH_INFO"])
        if match:
            status, told, *more = handler(environ, *match.groups())
            body = msgspec.json.encode(told)
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
            start_response(f"{status} OK", headers + (more[0] if more else []))
            return [body]
    start_response("404 Not Found", [("Content-Length", "0")])
    return []

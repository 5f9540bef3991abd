import struct
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.management.base import CommandError

from sharing import handshake
from sharing.imagedata import imports, licences
from sharing.loading import load_images
from sharing.management.verb import OperatorVerb
from sharing.models import Image, Membership, Tenant, TenantUser, User
from sharing.tenancy import Actor
from sharing.transactions import whole

RECORDED_IMAGES = Path(__file__).resolve().parents[2] / "data" / "glance-images.json"
PASSWORD = "proffer-demo"  # noqa: S105 -- of invented people, printed by `make demo`
OPERATOR = "operator@cloud.example"
MANAGER, READER = TenantUser.Role.MANAGER, TenantUser.Role.READER
PENDING, ACCEPTED, REJECTED = Membership.Status

HALDEN, ORCHARD, RIVERSIDE = "4471021", "5083310", "6120047"
NOBODY = "7400112"
TENANTS = (
    {
        "id": HALDEN,
        "name": "Halden Broadcast",
        "contact": "images@halden.example",
        "support_note": "We answer within one working day. A new Debian build comes on the first Monday of a month; "
        "the one before stays for 30 days.",
    },
    {
        "id": ORCHARD,
        "name": "Orchard Clinics",
        "contact": "Priya Nair, it@orchard.example, +44 20 7946 0112",
        "support_note": "Best effort, weekdays 8:00 to 16:00 UTC.",
    },
    {
        "id": RIVERSIDE,
        "name": "Riverside University, research computing",
        "contact": "help@hpc.riverside.example",
        "support_note": "Community support: ask in the #images channel. No promises during exams.",
    },
)


class Person(NamedTuple):
    first_name: str
    last_name: str
    email: str
    roles: dict[str, TenantUser.Role]


PEOPLE = (
    Person("Anna", "Berg", "anna.berg@halden.example", {HALDEN: MANAGER}),
    Person("Tom", "Reyes", "tom.reyes@halden.example", {HALDEN: READER}),
    Person("Priya", "Nair", "priya.nair@orchard.example", {ORCHARD: MANAGER}),
    Person("Jonas", "Weiß", "jonas.weiss@orchard.example", {ORCHARD: READER}),
    Person("Lucía", "Fernández", "lucia.fernandez@riverside.example", {RIVERSIDE: MANAGER}),
    Person("Emeka", "Obi", "emeka.obi@riverside.example", {RIVERSIDE: READER}),
    Person("Sam", "Okafor", "sam.okafor@contractor.example", {HALDEN: MANAGER, ORCHARD: MANAGER}),
)
ACTS_FOR = {
    tenant_id: Actor(person.email, tenant_id, MANAGER)
    for person in reversed(PEOPLE)
    for tenant_id, role in person.roles.items()
    if role == MANAGER
}
# Of an MBR partition table.
SECTOR, MIB = 512, 2**20
ACTIVE, LINUX = 0x80, 0x83

DEBIAN = UUID("5d912aaa-d023-4f6f-ad93-13f4a7733c72")
WEB_SNAPSHOT = UUID("747d9f20-6d11-4bb3-98dd-2af24916a6ee")
RHEL = UUID("98b965e1-6552-4f9e-9747-1f3ea724edaa")
GRUB = UUID("67cfa31c-90a9-4878-b6d4-bf9d45ec9564")
MEMTEST = UUID("ca796a5c-fba9-492c-bd53-37cb3ba20c25")
IPXE = UUID("522acb94-cc39-4bbb-9901-3f5ca72a076d")
UNICODE = UUID("676f2ab8-8b07-4c6c-a8ea-e870a66e774a")
NOTEBOOK = UUID("0193574c-41e0-7c55-9d0e-6f3b1a7c2e01")
GPU_NODE = UUID("0193574c-4c07-7e2b-a41d-90b85e6df03c")
KIOSK = UUID("0193574c-5d38-7a10-8b6f-2c94d0e5a702")

# What the two consumers made themselves, so that every tenant is owner and consumer; with data, to be downloaded
# or, where the licence of what it was made from closes that, not.
OWN_IMAGES = (
    {
        "id": NOTEBOOK, "owner_id": RIVERSIDE, "name": "Jupyter notebooks on Debian 12",
        "min_disk": 8, "min_ram": 2048, "base_image_ref": DEBIAN,
        "properties": {"image_type": "snapshot", "os_type": "linux", "os_distro": "debian", "os_version": "12"},
    },
    {
        "id": GPU_NODE, "owner_id": RIVERSIDE, "name": "GPU node on RHEL 9",
        "min_disk": 16, "min_ram": 8192, "base_image_ref": RHEL,
        "properties": {"image_type": "snapshot", "os_type": "linux", "architecture": "x86_64"},
    },
    {
        "id": KIOSK, "owner_id": ORCHARD, "name": "Waiting-room kiosk 3.2",
        "min_disk": 4, "min_ram": 1024, "redistributable": True,
        "properties": {"os_type": "linux", "os_distro": "ubuntu", "os_version": "24.04"},
    },
)  # fmt: skip


class Offer(NamedTuple):
    """An image, the note with its offer, and for each tenant ID the status that the offer ends with."""

    image: UUID
    note: str
    answers: dict[str, Membership.Status]


OFFERS = (
    Offer(MEMTEST, "", {RIVERSIDE: ACCEPTED, ORCHARD: REJECTED}),
    Offer(
        GRUB,
        "Boots most things that will not boot by themselves.",
        {ORCHARD: ACCEPTED, RIVERSIDE: REJECTED},
    ),
    Offer(
        DEBIAN,
        "The base of all our servers: Debian 12, patched, cloud-init on, no accounts. Rebuilt every month.",
        {ORCHARD: ACCEPTED, RIVERSIDE: ACCEPTED, NOBODY: PENDING},
    ),
    Offer(RHEL, "Bring your own subscription.", {ORCHARD: PENDING, RIVERSIDE: ACCEPTED}),
    Offer(IPXE, "", {ORCHARD: PENDING}),
    Offer(
        UNICODE, "Grüße — läuft auch auf älterer Hardware ✓", {ORCHARD: PENDING, RIVERSIDE: PENDING}
    ),
    Offer(
        WEB_SNAPSHOT,
        "web-01 as it was on 20 November, for the move we spoke about. Please say if it does not boot.",
        {ORCHARD: PENDING, RIVERSIDE: PENDING},
    ),
    Offer(
        NOTEBOOK,
        "Built on your Debian 12; the course starts in January.",
        {HALDEN: PENDING, ORCHARD: ACCEPTED},
    ),
    Offer(KIOSK, "", {HALDEN: ACCEPTED, RIVERSIDE: PENDING}),
)


class Command(OperatorVerb):
    help = """Load the demonstration into an empty database: three tenants and their people, an operator,
recorded images, and offers in all three statuses. `make demo` calls this.

Its accounts have a password that everybody can read: never in a database that real tenants use.
Where the demonstration is already, nothing is changed; where anything else is, it is refused."""

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(email=OPERATOR).exists():
            self.stdout.write("The demonstration is here already. Nothing was changed.")
            return
        if not is_empty():
            raise CommandError(
                "This database has tenants or users of its own. The demonstration was not loaded."
            )
        load()
        self.stdout.write(
            f"Loaded the demonstration: {len(TENANTS)} tenants, {len(PEOPLE) + 1} users."
        )


def is_empty() -> bool:
    return not Tenant.objects.exists() and not User.objects.exists()


@whole
def load() -> None:
    # One hash for all: it takes a third of a second, and their password is no secret.
    password = make_password(PASSWORD)
    User.objects.create(email=OPERATOR, password=password, is_staff=True, is_superuser=True)
    for tenant in TENANTS:
        Tenant.objects.create(**tenant)
    for person in PEOPLE:
        _add(person, password)
    load_images(RECORDED_IMAGES.read_bytes(), Tenant.objects.get(pk=HALDEN))
    for fields in OWN_IMAGES:
        _import(Image(disk_format="raw", container_format="bare", **fields))
    for offer in OFFERS:
        _make(offer)


def _add(person: Person, password: str) -> None:
    names = {"first_name": person.first_name, "last_name": person.last_name}
    user = User.objects.create(email=person.email, password=password, **names)
    for tenant_id, role in person.roles.items():
        TenantUser.objects.create(user=user, tenant_id=tenant_id, role=role)


def _import(image: Image) -> None:
    image.save(force_insert=True)
    licences.settle([image])
    by, disk = ACTS_FOR[image.owner_id], _disk(image.name)
    upload = imports.begin(image, len(disk), filename="disk.img", by=by)
    imports.receive(upload, BytesIO(disk).read, 0, by=by)


def _disk(label: str) -> bytes:
    """A disk of 4 MiB with a partition table and one Linux partition, which holds nothing but the label."""
    sectors = 4 * MIB // SECTOR
    partition = struct.pack("<B3xB3xII", ACTIVE, LINUX, MIB // SECTOR, sectors - MIB // SECTOR)
    table = bytes(446) + partition + bytes(48) + b"\x55\xaa"
    return table.ljust(MIB, b"\0") + label.encode().ljust(3 * MIB, b"\0")


def _make(offer: Offer) -> None:
    image = Image.objects.get(pk=offer.image)
    handshake.offer(
        image, offer.answers, note=offer.note, checklist=True, by=ACTS_FOR[image.owner_id]
    )
    for membership in image.memberships.order_by("pk"):
        status = offer.answers[membership.member_id]
        if status != PENDING:
            handshake.answer([membership.pk], status, by=ACTS_FOR[membership.member_id])

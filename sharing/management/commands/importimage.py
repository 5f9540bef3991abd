from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from sharing import handshake
from sharing.errors import BadData, Conflict, Refused
from sharing.image_forms import DISK_FORMATS, NewImageForm
from sharing.image_list import NOT_CUSTOM, PROPERTY_NAME_MAX
from sharing.imagedata import imports, intake, store
from sharing.imagedata.imports import CANCELLED
from sharing.imagedata.records import Facts, create_image
from sharing.management.disk_file import DiskFile, Unfit, disk_files
from sharing.management.progress import Progress
from sharing.management.verb import OperatorVerb, tenant_here, text
from sharing.models import Event, Image, Tenant, Upload
from sharing.models.event import Verb
from sharing.printable import printable, size


class Command(OperatorVerb):
    help = """Import disk images from files of this machine, as images of one tenant.

PATH is a file, or a folder: then each file in it, by name; hidden ones and folders in it are
left out. The image is named as the file, without its extension. The format is detected from
the data; where --disk-format is given, other data is refused. Data is verified on the way as
for every import: size, MD5, SHA-512, format and safety. The tenant's quotas apply. Nothing is
left to a worker: when the command ends, the data is stored.

A file that is refused is told with the reason and leaves no image behind; the others go on.
So it is with Ctrl-C. Safe to repeat: a file that the tenant has already (an image with data of
that name, size and MD5) is told and skipped; one that was on its way when the command was
killed goes on where it stopped.

Exit status: 0 when every file is an image now; 1 when one was refused."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", type=text, nargs="+", metavar="PATH", help="a file or a folder"
        )
        parser.add_argument(
            "--owner", type=text, required=True, metavar="ID", help="whose images they are"
        )
        parser.add_argument("--name", type=text, help="of the image, where PATH is one file")
        parser.add_argument(
            "--disk-format", default="", choices=DISK_FORMATS, help="default: detect it"
        )
        for name, unit in (("min-disk", "GiB"), ("min-ram", "MiB")):
            parser.add_argument(f"--{name}", default="0", metavar=unit, help="default: 0")
        for name in ("os-type", "os-distro", "os-version", "architecture"):
            parser.add_argument(f"--{name}", type=text, default="", help="shown with the image")
        parser.add_argument(
            "--property", type=text, action="append", default=[], metavar="NAME=VALUE",
            help="a custom property; can be repeated",
        )  # fmt: skip
        parser.add_argument("--tag", type=text, action="append", default=[], help="can be repeated")
        parser.add_argument(
            "--made-from", type=text, default="", metavar="UUID",
            help="the image that they were made from, which the owner can see; restrictions are inherited",
        )  # fmt: skip
        parser.add_argument(
            "--redistributable", action="store_true", help="members may take the data out"
        )
        parser.add_argument(
            "--protected", action="store_true", help="cannot be deleted until that is lifted"
        )

    def handle(self, *, paths: list[str], owner: str, **options: Any) -> None:
        tenant = tenant_here(owner)
        facts = _facts(tenant, options)
        files = [file for path in paths for file in disk_files(Path(path))]
        if facts.name and len(files) != 1:
            raise CommandError(f"--name is for one file; here are {len(files)}.")
        refused = sum(not self._import(file, tenant, facts) for file in files)
        if refused:
            raise CommandError(f"Not imported: {refused} of {len(files)} files.")
        if not files:
            self.stdout.write("There is no file to import.")

    def _import(self, path: Path, tenant: Tenant, facts: Facts) -> bool:
        """Whether the file is an image now; says so, or why not."""
        facts = replace(facts, name=facts.name or path.stem[:255])
        try:
            with (
                DiskFile(path) as file,
                Progress(self.stderr, path.name, file.length) as progress,
            ):
                file.watched_by(progress.advance)
                standing = _standing(file, tenant, facts.name)
                image = standing or self._take_in(file, tenant, facts)
        except (Refused, Unfit) as error:
            self.stderr.write(f"{printable(path, 300)}: {printable(error, 500)}")
            return False
        except OSError as error:
            self.stderr.write(
                f"{printable(path, 300)}: It could not be stored: {printable(error, 500)}"
            )
            return False
        done = "is here already as" if standing else "imported as"
        self.stdout.write(
            f"{printable(path, 300)}: {done} {image.pk}, {image.disk_format}, {size(image.size)}, "
            f"MD5 {image.checksum}"
        )
        return True

    def _take_in(self, file: DiskFile, tenant: Tenant, facts: Facts) -> Image:
        upload = self._interrupted(file, tenant, facts)
        image = upload.image if upload else create_image(facts, owner=tenant, by=self.by)
        try:
            upload = upload or imports.begin(
                image, file.length, filename=file.name, modified=file.modified, by=self.by
            )
            if not upload.settling:
                arrived = intake.arrived(store.part_of(upload.pk))
                file.seek(arrived)
                imports.receive(upload, file.read, arrived, by=self.by)
            self._settle(upload)
        except BaseException as error:
            # A worker may have been quicker than this command, and Ctrl-C later than the commit.
            if not _has_data(image) and not isinstance(error, Conflict):
                self._forget(image)
            if not _has_data(image) or not isinstance(error, Refused | OSError):
                raise
        image.refresh_from_db()
        return image

    def _interrupted(self, file: DiskFile, tenant: Tenant, facts: Facts) -> Upload | None:
        """The upload of the same file that an earlier call began and could not end."""
        begun = Upload.objects.of_owner(tenant.pk).select_related("image")
        same = {"filename": file.name, "length": file.length, "modified": file.modified}
        return begun.filter(
            begun_by=self.by.user,
            image__name=facts.name,
            image__disk_format=facts.disk_format,
            **same,
        ).first()

    def _settle(self, upload: Upload) -> None:
        """Does here what `receive` left to a task: the task then finds nothing to do."""
        left = Upload.objects.select_related("image").filter(pk=upload.pk).first()
        if left is None:
            if not _has_data(upload.image):
                events = Event.objects.filter(image_id=upload.image_id, verb=Verb.REFUSED)
                raise BadData(getattr(events.last(), "note", CANCELLED))
            return
        Upload.objects.filter(pk=left.pk).update(settling=False)
        try:
            verified = intake.digested(store.part_of(left.pk), left.image.disk_format)
        except BadData as error:
            imports.refuse(left, error, by=self.by)
            raise
        imports.settle(left, verified, by=self.by)

    def _forget(self, image: Image) -> None:
        names = [store.name_for(upload) for upload in Upload.objects.filter(image=image)]
        if Image.objects.filter(pk=image.pk).update(protected=False):
            handshake.delete_image(image, by=self.by)
        for name in names:
            # Where it was interrupted between storing and committing.
            store.image_store().delete(name)


def _has_data(image: Image) -> bool:
    return Image.objects.filter(pk=image.pk).stored().exists()


def _standing(file: DiskFile, tenant: Tenant, name: str) -> Image | None:
    """The image that the tenant has of this file."""
    alike = Image.objects.owned_by(tenant.pk).stored().filter(name=name, size=file.length)
    return alike.filter(checksum=file.md5()).first() if alike.exists() else None


def _facts(tenant: Tenant, options: dict[str, Any]) -> Facts:
    said = options | {
        "name": options["name"] or "",
        "tags": ",".join(options["tag"]),
        "base_image_ref": options["made_from"],
    }
    form = NewImageForm(said, tenant_id=tenant.pk)
    if not form.is_valid():
        raise CommandError("\n".join(_wrong(field, form) for field in form.errors))
    facts = form.facts
    return replace(facts, properties=facts.properties | _properties(options["property"]))


def _wrong(field: str, form: NewImageForm) -> str:
    option = {"base_image_ref": "made-from", "tags": "tag"}.get(field, field.replace("_", "-"))
    return f"--{option}: {' '.join(map(str, form.errors[field]))}"


def _properties(pairs: list[str]) -> dict[str, str]:
    properties = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals or len(name) > PROPERTY_NAME_MAX or name in NOT_CUSTOM:
            raise CommandError(
                f"--property: {printable(pair)} is not NAME=VALUE, the name at most {PROPERTY_NAME_MAX} long "
                f"and none of an image's own fields."
            )
        properties[name] = value
    return properties

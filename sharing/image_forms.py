"""The form that makes an image record."""

from pathlib import PurePath
from typing import Any
from uuid import UUID

from django import forms

from sharing.imagedata.records import Facts
from sharing.models import Image
from sharing.paging import keyset_page

INTEGER_MAX = 2**31 - 1
PARENTS = 40
TAGS_MAX = 50
DISK_FORMATS = ("qcow2", "raw", "vmdk", "vhd", "vhdx", "vdi", "iso")
ARCHITECTURES = ("x86_64", "aarch64", "ppc64le", "s390x", "riscv64", "i686")
DISTRIBUTIONS = (
    "almalinux", "alpine", "arch", "centos", "debian", "fedora", "flatcar", "freebsd", "opensuse", "rhel", "rocky",
    "sles", "ubuntu", "windows",
)  # fmt: skip
# The Image API's common properties of an operating system.
SYSTEM = ("os_type", "os_distro", "os_version", "architecture")


def amount(unit: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=f"Minimum {unit}", min_value=0, max_value=INTEGER_MAX, required=False, initial=0
    )


class BaseForm(forms.Form):
    """What a link to the new image's page says: the image that it is made from."""

    base = forms.UUIDField(label="Made from", required=False)


class DataForm(forms.Form):
    """A disk image that comes with a form, where no script sends it in parts."""

    file = forms.FileField(label="Disk image", max_length=1000)


class NewImageForm(forms.Form):
    """What a new image is said to be, and its data where that comes along."""

    file = forms.FileField(label="Disk image", max_length=1000, required=False)
    name = forms.CharField(
        max_length=255, required=False, help_text="If you give none, the name of the file."
    )
    disk_format = forms.ChoiceField(
        label="Disk format",
        choices=[("", "Detect from the data"), *((name, name) for name in DISK_FORMATS)],
        required=False,
        help_text="If you choose one, other data is refused.",
    )
    source = forms.ChoiceField(
        choices=[("import", "Import of a disk image"), ("snapshot", "Snapshot of a server")],
        initial="import",
        required=False,
        widget=forms.RadioSelect,
    )
    os_type = forms.ChoiceField(
        label="System",
        choices=[("", "Not said"), ("linux", "Linux"), ("windows", "Windows")],
        required=False,
    )
    os_distro = forms.CharField(
        label="Distribution",
        max_length=255,
        required=False,
        widget=forms.TextInput({"list": "distributions", "autocapitalize": "none"}),
    )
    os_version = forms.CharField(label="Version", max_length=255, required=False)
    architecture = forms.ChoiceField(
        choices=[("", "Not said"), *((name, name) for name in ARCHITECTURES)], required=False
    )
    min_disk = amount("disk, GiB")
    min_ram = amount("RAM, MiB")
    tags = forms.CharField(
        max_length=5000, required=False, help_text="Words to find it by, separated by commas."
    )
    base_image_ref = forms.UUIDField(
        label="Made from",
        required=False,
        widget=forms.Select,
        help_text="What a licence restricts of that image, it restricts of this one.",
    )
    redistributable = forms.BooleanField(
        required=False,
        help_text="Members that accepted it may take its data out. Otherwise they use it in this cloud only.",
    )
    protected = forms.BooleanField(
        required=False, help_text="It cannot be deleted until you lift the protection."
    )

    def __init__(self, *args: Any, tenant_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant_id = tenant_id
        self.distributions = DISTRIBUTIONS

    def offer_parents(self) -> None:
        """Fills the choice of what it was made from: the latest images of the tenant, and the one that is chosen."""
        arms = Image.objects.listed_for(self.tenant_id)
        keys = keyset_page(arms, ("-created_at", "-id"), size=PARENTS).keys
        chosen = str(self["base_image_ref"].value() or "")
        rows = Image.objects.in_bulk(keys)
        choices = [("", "No image")] + [(str(key), _told(rows[key])) for key in keys if key in rows]
        if chosen and chosen not in dict(choices) and (other := self._visible(chosen)):
            choices.append((str(other.pk), _told(other)))
        self.fields["base_image_ref"].widget.choices = choices

    @property
    def permissions(self) -> list[forms.BoundField]:
        return [self["redistributable"], self["protected"]]

    def _visible(self, text: str) -> Image | None:
        try:
            return Image.objects.visible_to(self.tenant_id).filter(pk=UUID(text)).first()
        except ValueError:
            return None

    def clean_tags(self) -> set[str]:
        tags = {tag for part in self.cleaned_data["tags"].split(",") if (tag := part.strip())}
        if len(tags) > TAGS_MAX:
            raise forms.ValidationError(f"At most {TAGS_MAX} tags; these are {len(tags)}.")
        if any(len(tag) > 255 for tag in tags):
            raise forms.ValidationError("A tag has at most 255 characters.")
        return tags

    @property
    def facts(self) -> Facts:
        said = self.cleaned_data
        properties = {name: said[name] for name in SYSTEM if said[name]}
        if said["source"] == "snapshot":
            properties["image_type"] = "snapshot"
        name = said["name"] or (PurePath(said["file"].name).stem[:255] if said["file"] else "")
        return Facts(
            name=name, disk_format=said["disk_format"], min_disk=said["min_disk"] or 0, min_ram=said["min_ram"] or 0,
            protected=said["protected"], redistributable=said["redistributable"],
            base_image_ref=said["base_image_ref"], properties=properties, tags=said["tags"],
        )  # fmt: skip


def _told(image: Image) -> str:
    return image.name or str(image.pk)

"""What the environment may say of image data, and the sentence for what it may not."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.image_settings import handed_over, image_store, licence_rules

FOLDER, BUCKET = "sharing.imagedata.store.LocalImages", "sharing.imagedata.s3.S3Images"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("s3:///images", {}),
        (
            "s3://key:secret@s3.example.org/images",
            {
                "access_key": "key",
                "secret_key": "secret",
                "endpoint_url": "https://s3.example.org",
                "addressing_style": "path",
            },
        ),
        (
            "s3://key:a%2Fb%40c%3A@s3.example.org:9000/images",
            {
                "access_key": "key",
                "secret_key": "a/b@c:",
                "endpoint_url": "https://s3.example.org:9000",
                "addressing_style": "path",
            },
        ),
        (
            "http+s3://[::1]:9000/images/",
            {"endpoint_url": "http://[::1]:9000", "addressing_style": "path"},
        ),
        (
            "s3:///images?region=eu-north-1&prefix=/proffer/data/",
            {"region_name": "eu-north-1", "location": "proffer/data"},
        ),
    ],
)
def test_an_address_names_the_bucket_and_how_to_reach_it(text, options):
    always = {"bucket_name": "images", "default_acl": None}
    assert image_store(text) == {"BACKEND": BUCKET, "OPTIONS": always | options}


@pytest.mark.parametrize("folder", ["/srv/images", "/srv/s3", "relative", "/srv/a b:c?d=e"])
def test_what_is_no_address_is_a_folder(folder):
    assert image_store(folder) == {"BACKEND": FOLDER, "OPTIONS": {"location": folder}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3://key:SECRET@s3.example.org",
        "s3://key:SECRET@s3.example.org/",
        "s3://key:SECRET@s3.example.org/bucket/prefix",
        "s3://key:SECRET@s3.example.org/bucket?acl=public",
        "s3://key:SECRET@s3.example.org/bucket?region",
        "s3://key:SECRET@s3.example.org/bucket#SECRET",
        "s3://key:SECRET@s3.example.org:port/bucket",
        "s3://key@SECRET/bucket",
        "s3://[SECRET/bucket",
        "gs://SECRET/bucket",
        "https://SECRET/bucket",
    ],
)
def test_what_is_neither_is_refused_without_the_secret(text):
    with pytest.raises(
        ImproperlyConfigured, match="IMAGE_STORE must be a folder, or s3://"
    ) as told:
        image_store(text)
    assert "SECRET" not in str(told.value)
    assert told.value.__suppress_context__


def test_rules_are_compared_without_case_and_name_their_licence():
    rules = licence_rules([" os_distro=RHEL:Red Hat ", "os_type=Windows", ""])
    assert [tuple(rule) for rule in rules] == [
        ("os_distro", "rhel", "Red Hat"),
        ("os_type", "windows", "Windows"),
    ]


@pytest.mark.parametrize("text", ["windows", "=x", "x=", ":", f"a=b:{'x' * 101}"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="LICENCE_RULES: "):
        licence_rules([text])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ("", "")),
        ("X-Sendfile", ("X-Sendfile", "")),
        ("X-Accel-Redirect:/image-data/", ("X-Accel-Redirect", "/image-data/")),
    ],
)
def test_a_front_server_is_told_how_to_hand_files_out(text, told):
    assert handed_over(text) == told


@pytest.mark.parametrize(
    "text", ["X-Accel-Redirect", "X-Accel-Redirect:here", "X-Sendfile:/x/", "on"]
)
def test_what_no_front_server_knows_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="SENDFILE must be"):
        handed_over(text)

"""The entry of `clouds.yaml` with which OpenStack clients sign in by an application credential."""

import json

from django.utils.text import slugify

from sharing.api.endpoints import region
from sharing.models import ApplicationCredential

SLUG_MAX = 40


def cloud_name(credential: ApplicationCredential) -> str:
    """What `--os-cloud` takes: lower-case letters, digits, hyphens and underscores.

    With the tenant ID: the same name for two tenants would be one entry in a file.
    """
    slug = slugify(credential.name)[:SLUG_MAX].strip("-_")
    return "-".join(filter(None, ("proffer", slugify(credential.holder.tenant_id), slug)))


def clouds_yaml(credential: ApplicationCredential, secret: str, *, auth_url: str) -> str:
    # A JSON string is a YAML string, whatever it holds.
    return f"""\
clouds:
  {cloud_name(credential)}:
    auth_type: v3applicationcredential
    auth:
      auth_url: {json.dumps(auth_url)}
      application_credential_id: {json.dumps(credential.pk.hex)}
      application_credential_secret: {json.dumps(secret)}
    region_name: {json.dumps(region())}
    interface: public
    identity_api_version: 3
"""

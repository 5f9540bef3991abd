"""The operators' screens. They change memberships and holds through the handshake alone, as the signed-in operator."""

from sharing.admin.site import OperatorSite

# isort: split
# Django's own user admin asks for the site while it is imported, so the site comes first.
from django.contrib import admin
from django.contrib.auth.models import Group

from sharing.admin.credentials import CredentialAdmin
from sharing.admin.events import EventAdmin
from sharing.admin.images import ImageAdmin
from sharing.admin.memberships import MembershipAdmin
from sharing.admin.tenants import TenantAdmin
from sharing.admin.users import GroupAdmin, UserAdmin
from sharing.models import ApplicationCredential, Event, Image, Membership, Tenant, User

__all__ = ["OperatorSite"]

admin.site.register(ApplicationCredential, CredentialAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(Group, GroupAdmin)
admin.site.register(Image, ImageAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(Tenant, TenantAdmin)
admin.site.register(User, UserAdmin)

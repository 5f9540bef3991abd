"""One URL per page and per verb. Everything below /t/<tenant ID>/ is done for that tenant, and says so."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from sharing.converters import TenantIDConverter
from sharing.models import Membership
from sharing.views import (
    activity,
    api_help,
    consumer,
    credentials,
    exports,
    home,
    images,
    imports,
    producer,
    uploads,
)

register_converter(TenantIDConverter, "tenant")

image_patterns = [
    path("", images.image, name="image"),
    path("offer/", producer.offer, name="offer"),
    path("withdraw/", producer.withdraw, name="withdraw"),
    path("withdraw/confirm/", producer.confirm_withdraw, name="confirm-withdraw"),
    path("prune/", producer.prune, name="prune"),
    path("prune/confirm/", producer.confirm_prune, name="confirm-prune"),
    path("protect/", producer.protect, name="protect"),
    path("delete/", producer.delete, name="delete"),
    path("delete/confirm/", producer.confirm_delete, name="confirm-delete"),
    path("leave/confirm/", consumer.confirm_leave, name="confirm-leave"),
    path("data/", exports.data, name="data"),
    path("redistributable/", exports.redistributable, name="redistributable"),
    path("acknowledge/", exports.acknowledge, name="acknowledge"),
    path("made-from/", exports.made_from, name="made-from"),
    path("import/", imports.import_data, name="import-data"),
    path("import/cancel/", imports.cancel_import, name="cancel-import"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/", uploads.upload, name="upload"),
]

credential_patterns = [
    path("", credentials.credentials, name="credentials"),
    path("create/", credentials.create, name="create-credential"),
    path("revoke/", credentials.revoke, name="revoke-credential"),
    path("revoke/confirm/", credentials.confirm_revoke, name="confirm-revoke"),
]

tenant_patterns: list[URLPattern | URLResolver] = [
    path("inbox/", consumer.inbox, name="inbox"),
    path("inbox/accept/", consumer.answer, {"status": Membership.Status.ACCEPTED}, name="accept"),
    path("inbox/reject/", consumer.answer, {"status": Membership.Status.REJECTED}, name="reject"),
    path(
        "inbox/postpone/", consumer.answer, {"status": Membership.Status.PENDING}, name="postpone"
    ),
    path("images/", images.images, name="images"),
    path("images/prune/", producer.prune_all, name="prune-all"),
    path("images/prune/confirm/", producer.confirm_prune_all, name="confirm-prune-all"),
    path("images/new/", imports.new_image, name="new-image"),
    path("images/<uuid:image_id>/", include(image_patterns)),
    path("activity/", activity.activity, name="activity"),
    path("credentials/", include(credential_patterns)),
    path("help/", home.help_page, name="help"),
    path("help/api/", api_help.api_help, name="api-help"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("images/<uuid:image_id>/", home.find_image, name="find-image"),
    path("t/<tenant:tenant_id>/", include(tenant_patterns)),
]

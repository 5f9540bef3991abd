from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from sharing.models import TenantUser

PAGES = {"new-image", "import-data"}


class AwaitedFiles(TemporaryFileUploadHandler):
    """Keeps a file that comes with a form on the disk while the request lasts, where a page awaits one of a manager.

    Other files are read past: a form is read, for its token, before its view can refuse anybody.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self._is_awaited():
            raise SkipFile
        super().new_file(*args, **kwargs)

    def _is_awaited(self) -> bool:
        match, user = self.request.resolver_match, self.request.user
        if match is None or match.url_name not in PAGES or not user.is_authenticated:
            return False
        roles = TenantUser.objects.filter(user=user, tenant_id=match.kwargs["tenant_id"])
        return roles.filter(role=TenantUser.Role.MANAGER).exists()

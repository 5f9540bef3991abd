from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class SignedInFiles(TemporaryFileUploadHandler):
    """Keeps files that come with forms on the disk while the request lasts; those of whoever is not signed in, nowhere.

    A form is read before its view is asked, for its token.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self.request.user.is_authenticated:
            raise SkipFile
        super().new_file(*args, **kwargs)

"""The forms of an image's export and of what it was made from."""

from typing import Any

from django import forms

from sharing.imagedata.exports import CONSIDERATIONS


class AcknowledgeForm(forms.Form):
    """Each consideration, ticked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, sentence in enumerate(CONSIDERATIONS, 1):
            self.fields[f"consideration_{number}"] = forms.BooleanField(
                label=sentence, error_messages={"required": "Consider this before you export it."}
            )


class MadeFromForm(forms.Form):
    parent = forms.UUIDField(
        label="UUID of the image that it was made from",
        widget=forms.TextInput({"spellcheck": "false", "autocomplete": "off", "class": "mono"}),
        help_text="One that you own or that is shared to you. It stays registered for good.",
    )

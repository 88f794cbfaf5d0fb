"""What a request was sent with, made sound where it comes in: no page and no form has to think of it.

Every address, form, file name and piece of JSON goes through here; tables in files through ``services.list_tables``.
"""

from __future__ import annotations

from typing import Any

from flask import Request, abort, request
from werkzeug.datastructures import MultiDict
from werkzeug.utils import cached_property

from oms.domain.sent_text import broken_within, is_broken, seen, sound


class Sent(Request):
    """A request whose texts can be kept: one with a broken letter in what is to be written is answered 400."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The address's parts; a broken letter stands as a mark, for nothing is written of them."""
        return self.parameter_storage_class(
            [(sound(name), sound(value)) for name, value in super().args.items(multi=True)]
        )

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        sent = list(self.__dict__["form"].items(multi=True))
        if any(is_broken(text) for pair in sent for text in pair):
            abort(400)
        self.__dict__["form"] = self.parameter_storage_class([(seen(name), seen(value)) for name, value in sent])
        for file in self.__dict__["files"].values():
            file.filename = sound(file.filename or "")

    def get_json(self, *args: Any, **kwargs: Any) -> Any:
        """The JSON that was sent."""
        found = super().get_json(*args, **kwargs)
        if broken_within(found):
            abort(400)
        return found


def sound_places() -> None:
    """Makes the ids in the address of this request sound: one with a broken letter is missing as any other is."""
    if request.view_args:
        request.view_args = {name: sound(v) if isinstance(v, str) else v for name, v in request.view_args.items()}

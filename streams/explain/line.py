"""Line: one line of an explanation, before it is text or Markdown."""

from typing import Literal

import msgspec

Form = Literal["title", "section", "item", "raw"]


class Line(msgspec.Struct, frozen=True):
    """One line; `code` is shown as it is: an id, or a sentence as received."""

    form: Form
    text: str = ""
    code: str = ""
    depth: int = 0

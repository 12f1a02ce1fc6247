"""Table: what was measured, as Markdown."""

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A heading, what exactly was done, and the rows."""

    title: str
    what: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        numbers = ("---", *("---:" for _ in self.columns[1:]))
        lines = (self.columns, numbers, *self.rows)
        return "\n".join((f"### {self.title}", "", self.what, "", *(f"| {' | '.join(line)} |" for line in lines), ""))

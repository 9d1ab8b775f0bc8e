"""The pieces that the report's pages are put together from, over mdutils: headings, tables, and text that is safe in a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mdutils.mdutils import MdUtils


def heading(page: MdUtils, level: int, title: str) -> None:
    """Add a heading. It is kept out of mdutils' table of contents, which needs every level above it to be there."""
    page.new_line()
    page.new_header(level, title, add_table_of_contents="n")


def table(page: MdUtils, head: list[str], rows: list[list[str]]) -> None:
    """Add a table: names, to the left, and their numbers, to the right. Nothing if there are no rows."""
    if rows:
        page.new_line()
        cells = [cell for row in (head, *rows) for cell in row]
        page.new_table(len(head), 1 + len(rows), cells, text_align=["left", *["right"] * (len(head) - 1)])


def bullets(page: MdUtils, lines: Iterable[str]) -> None:
    """Add a list. Nothing if there are no lines."""
    text = "\n".join(f"- {line}" for line in lines)
    if text:
        page.new_paragraph(text)


def figure(page: MdUtils, name: str, captions: dict[str, str]) -> None:
    """Show a figure with its caption, if it is among those that were drawn."""
    if name in captions:
        page.new_paragraph(f"![{captions[name]}](figures/{name})")


def page_text(page: MdUtils) -> str:
    """The whole page. Of the empty lines that mdutils puts between its pieces one is kept; code is left as it is."""
    pieces = page.get_md_text().strip().split("```")
    return "```".join(re.sub(r"\n{3,}", "\n\n", piece) if place % 2 == 0 else piece for place, piece in enumerate(pieces)) + "\n"


def number(count: int, noun: str) -> str:
    """`1 record` or `1,200 records`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, or `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def share(part: float, whole: float) -> str:
    """A share in percent; of nothing, nothing. What is neither nothing nor all is never rounded to it."""
    if not part:
        return "0.0%"
    if 0 < part < whole:
        return f"{min(max(part / whole, 0.001), 0.999):.1%}"
    return f"{part / whole:.1%}"


def megabytes(count: float) -> str:
    """Bytes in MB, 10^6 bytes."""
    return f"{count / 1e6:,.1f} MB" if count >= 10e6 else f"{count / 1e6:.3f} MB"


def mb_cell(count: float) -> str:
    """Bytes in MB, for a column of a table that says so."""
    return f"{count / 1e6:,.3f}"


def duration(seconds: float) -> str:
    """Seconds in the unit that they are read in."""
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def code_span(text: str) -> str:
    """`text` as one line of code that cannot end the span it stands in."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"

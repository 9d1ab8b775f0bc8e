"""The pieces that the report's pages are put together from, over mdutils: headings, tables, and text that is safe in a cell."""

from __future__ import annotations

import re

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


def page_text(page: MdUtils) -> str:
    """The whole page. Of the empty lines that mdutils puts between its pieces one is kept; code is left as it is."""
    pieces = page.get_md_text().strip().split("```")
    return "```".join(re.sub(r"\n{3,}", "\n\n", piece) if place % 2 == 0 else piece for place, piece in enumerate(pieces)) + "\n"


def have(count: int, rest: str) -> str:
    """`1 has ...` or `2 have ...`."""
    return f"{count:,} {'has' if count == 1 else 'have'} {rest}"


def marked(text: str) -> str:
    """Code that is shown to be cut out of more."""
    return f"// [...]\n{text}\n// [...]"


def code_span(text: str) -> str:
    """`text` as one line of code that cannot end the span it stands in."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"

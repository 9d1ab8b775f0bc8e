"""The pieces that the report's pages are put together from, over mdutils: headings, tables, and text that is safe in a cell."""

from __future__ import annotations

from mdutils.mdutils import MdUtils


def heading(page: MdUtils, level: int, title: str) -> None:
    """Add a heading. It is kept out of mdutils' table of contents, which needs every level above it to be there."""
    page.new_line()
    page.new_header(level, title, add_table_of_contents="n")


def table(page: MdUtils, head: list[str], rows: list[list[str]]) -> None:
    """Add a table: the first column to the left, the others to the right. Nothing if there are no rows."""
    if rows:
        page.new_line()
        page.new_table_array([head, *rows], text_align=["left", *["right"] * (len(head) - 1)])


def code_span(text: str) -> str:
    """`text` as one line of code that cannot end the table's cell or the span it stands in."""
    return "`" + " ".join(text.replace("`", "'").replace("|", "\\|").split()) + "`"

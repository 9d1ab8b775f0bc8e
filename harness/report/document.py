"""The report's text, by mdutils: its parts in their order."""

from __future__ import annotations

from pathlib import Path

from mdutils.mdutils import MdUtils

from harness.description import TITLE, shards_digest
from harness.report.comparison import write_comparison
from harness.report.compilation import write_compilation
from harness.report.contents import write_contents
from harness.report.cost import write_cost
from harness.report.explanation import write_explanation
from harness.report.material import Material
from harness.report.page import page_text
from harness.report.summary import write_summary
from harness.report.use import write_use
from harness.report.validation import write_validation

_DIGITS = 12


def write_document(path: Path, material: Material, captions: dict[str, str]) -> None:
    """Write the report to `path`, which ends in `.md`. `captions` are those of the figures that were drawn, by file name. Raises OSError
    if the disk refuses, DatasetError if a shard cannot be read any more."""
    page = MdUtils(str(path), title=TITLE)
    digest = shards_digest(data.manifest for data in material.devices)
    page.new_paragraph(
        f"On the dataset whose shards have the digest `{digest[:_DIGITS]}`. Its records, and files beside them, give every number; the "
        "long tables are in the [appendix](appendix.md)."
    )
    write_summary(page, material)
    write_explanation(page)
    write_compilation(page, material.example, material.lowering)
    write_contents(page, material, captions)
    write_validation(page, material, captions)
    write_cost(page, material, captions)
    write_comparison(page, material)
    write_use(page, material.example, material.data_dir)
    path.write_text(page_text(page), encoding="utf-8")

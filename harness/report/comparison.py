"""The part of the report that sets the dataset beside earlier public ones."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report import numbers
from harness.report.diversity import structures
from harness.report.earlier import EARLIER, WIDER_FIELD
from harness.report.material import NAMES, Material
from harness.report.page import heading, share, table
from harness.report.source import DeviceData


def write_comparison(page: MdUtils, material: Material) -> None:
    """Add the section."""
    heading(page, 2, "Comparison with earlier datasets")
    page.new_paragraph("Beside earlier public attempts at the same task, from the least to the most that any of them has:")
    columns = [_column(data) for data in material.devices]
    earlier = {
        "records": _range(EARLIER.records),
        "distinct program structures": _range(EARLIER.structures),
        "builtins named in the Python": _range(EARLIER.builtins),
        "compiled": EARLIER.compiled or "none",
        "executed and compared with a reference": EARLIER.executed or "none",
        "gradient checked": EARLIER.gradients_checked or "none",
        "size counted in": EARLIER.size_counted_in,
        "CUDA text": EARLIER.cuda_text,
    }
    rows = [[name, text, *(column[name] for column in columns)] for name, text in earlier.items()]
    table(page, ["", "earlier attempts", *(f"this dataset, {NAMES[data.device]}" for data in material.devices)], rows)
    page.new_paragraph(
        f"The wider field ({', '.join(WIDER_FIELD)}) has no released set of pairs of a Python kernel and its C++ or CUDA with executed "
        "forward and gradient checks."
    )


def _column(data: DeviceData) -> dict[str, str]:
    total = len(data.rows)
    executed = sum(row.validation != numbers.COMPILED for row in data.rows)
    checked = sum(row.gradient == "checked" for row in data.rows)
    return {
        "records": f"{total:,}",
        "distinct program structures": f"{structures(data.rows):,}",
        "builtins named in the Python": f"{len(numbers.builtins(data.rows)):,}",
        "compiled": f"{total:,} ({share(total, total)})",
        "executed and compared with a reference": f"{executed:,} ({share(executed, total)})",
        "gradient checked": f"{checked:,} ({share(checked, total)})",
        "size counted in": "bytes of kernel code",
        "CUDA text": "whole, as NVRTC compiled it" if data.device == "cuda" else "-",
    }


def _range(bounds: tuple[int, int]) -> str:
    return f"{bounds[0]:,} to {bounds[1]:,}"

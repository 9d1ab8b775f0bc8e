"""The report's text, by mdutils: a summary, the explanation, the numbers, and how to use the dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mdutils.mdutils import MdUtils

from generation.code.settings import Validation
from harness.records import SCHEMA
from harness.report import numbers
from harness.report.compilation import write_compilation
from harness.report.example import Example
from harness.report.explanation import LANGUAGES, write_example, write_ir, write_jit, write_warp
from harness.report.gpu_check import GpuCheck
from harness.report.lowering import Lowering
from harness.report.page import have, heading, page_text
from harness.report.source import DeviceData, Row
from harness.report.tables import passed_sentence, write_numbers

TITLE = "Warp kernels and their generated code"


@dataclass(frozen=True)
class Material:
    """What the report is written from. `lowering` is that of the example's CUDA, `check` what is on record of a run on a GPU, either None
    if there is none; `data_dir` is named in the examples of loading."""

    devices: Sequence[DeviceData]
    example: Example
    lowering: Lowering | None
    check: GpuCheck | None
    data_dir: str


def write_document(path: Path, material: Material, captions: dict[str, str]) -> None:
    """Write the report to `path`, which ends in `.md`. `captions` are those of the figures that were drawn, by file name. Raises OSError
    if the disk refuses."""
    page = MdUtils(str(path), title=TITLE)
    example = material.example
    _write_summary(page, material)
    write_example(page, example)
    write_jit(page, example)
    write_ir(page, example)
    write_compilation(page, example, material.lowering)
    write_warp(page, example)
    write_numbers(page, [data for data in material.devices if data.rows], material.check, captions)
    _write_use(page, example, material.data_dir)
    path.write_text(page_text(page), encoding="utf-8")


def _write_summary(page: MdUtils, material: Material) -> None:
    heading(page, 2, "Summary")
    page.new_paragraph(
        "Each record pairs one NVIDIA Warp kernel in Python with the code that Warp's compiler generated of it, forward and backward, "
        "with a numpy reference that computes the same and the evidence of its validation."
    )
    lines = [line for data in material.devices for line in _lines_on(data)]
    present = [data for data in material.devices if data.rows]
    if len(present) > 1:
        lines.append(
            f"**pairs**: {len(numbers.pairs(present)):,} kernels have a record on each of {' and '.join(d.device for d in present)}."
        )
    if material.check is not None:
        lines.append(f"**GPU check**: on {material.check.where}, {material.check.counts}.")
    elif any(data.device == "cuda" for data in present):
        lines.append("**GPU check**: no run on a GPU is on record.")
    page.new_paragraph("\n".join(f"- {line}" for line in lines))


def _lines_on(data: DeviceData) -> list[str]:
    device, rows = data.device, data.rows
    if not rows:
        return [f"**{device}**: there is no {LANGUAGES[device]} data."]
    size = numbers.megabytes(data.code_bytes)
    kinds = len(numbers.families(rows))
    lines = [f"**{device}, what there is**: {len(rows):,} records, {size:.3f} MB of {LANGUAGES[device]} in {kinds} families."]
    lines.append(f"**{device}, how it was validated**: {_validated(rows)}")
    lines.append(f"**{device}, limits**: {_limits(rows)}")
    if data.run is not None:
        lines.append(f"**{device}, last run**: {passed_sentence(data.run)}")
    return lines


_LEVELS: dict[Validation, str] = {
    "executed": "compiled, run on {where}, and agreed with the reference",
    "executed_on_host": "compiled for {arch}, run on the host ({where}) instead of a GPU, and agreed with the reference",
    "compiled": "compiled for {arch} only, never run",
}


def _validated(rows: Sequence[Row]) -> str:
    parts = []
    for level, count in numbers.levels(rows):
        mine = [row for row in rows if row.validation == level]
        where, arch = (", ".join(sorted(names)) for names in ({r.executed_on for r in mine}, {r.arch for r in mine}))
        parts.append(f"{count:,} {_LEVELS[level].format(where=where, arch=arch)}")
    checked = sum(row.gradient == "checked" for row in rows)
    return f"{'; '.join(parts)}. The gradient of {checked:,} was checked and agreed with the reference's derivative."


def _limits(rows: Sequence[Row]) -> str:
    parts = []
    limited = sum(map(numbers.limited, rows))
    if limited:
        parts.append(have(limited, "a gradient that differs from the reference's, by a known limitation of Warp that the record names"))
    untested = sum(row.gradient == "not_differentiable" for row in rows)
    if untested:
        parts.append(have(untested, "nothing to differentiate, so the backward code is untested"))
    compiled = sum(row.validation == numbers.COMPILED for row in rows)
    if compiled:
        parts.append(have(compiled, "not been executed, for reasons given under Validation"))
    for name, values in (("warp-lang", {r.warp_version for r in rows}), ("architecture", {r.arch for r in rows})):
        parts.append(f"{name} {', '.join(sorted(values))} only")
    levels = sorted({-1 if r.optimization_level is None else r.optimization_level for r in rows})
    parts.append("built at optimization level " + ", ".join("default" if level < 0 else str(level) for level in levels))
    return "; ".join(parts) + "."


def _write_use(page: MdUtils, example: Example, data_dir: str) -> None:
    row, device = example.row, example.device
    heading(page, 2, "How to use it")
    heading(page, 3, "Format")
    page.new_paragraph(
        f"The shards are parquet files with {len(SCHEMA.names)} columns: {', '.join(f'`{name}`' for name in SCHEMA.names)}. "
        "What each means is in `README.md` beside them. The fixed preamble that goes before each `code` is in the manifest."
    )
    page.new_paragraph("With datasets:")
    lines = ["from datasets import load_dataset", f"data = load_dataset({data_dir!r}, {device!r})"]
    page.insert_code("\n".join([*lines, f'print(data[{row.split!r}][0]["code"])']), "python")
    page.new_paragraph("With pyarrow, and only the columns that are wanted:")
    lines = ["import pyarrow.dataset as ds", f"shards = ds.dataset({f'{data_dir}/{device}'!r})"]
    page.insert_code("\n".join([*lines, "print(shards.head(1, columns=['code']).to_pylist()[0]['code'])"]), "python")
    heading(page, 3, "One case again")
    page.new_paragraph(
        f"A case is made again from its seed and id, by the version of this project that made it ({row.harness_version} for this one), "
        "and compiled, run and checked without touching the dataset:"
    )
    page.insert_code(f"pytest --device={device} --seed={row.seed} --case={row.case}", "sh")

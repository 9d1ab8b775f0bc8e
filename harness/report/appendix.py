"""The appendix: the tables that are too long for the report, in a file beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mdutils.mdutils import MdUtils

from harness.records import SPLITS
from harness.report import numbers
from harness.report.cost_tables import write_costs
from harness.report.coverage_tables import write_builtins, write_features, write_measures
from harness.report.diversity import clustering, records_by_cluster_size, structures
from harness.report.evidence_tables import write_defects, write_errors, write_faults, write_gpu_check, write_levels
from harness.report.material import NAMES, Material
from harness.report.numbers import Spread
from harness.report.page import figure, heading, mb_cell, number, page_text, share, table
from harness.report.resources import registers

APPENDIX_TITLE = "Appendix to the report"

_SPREAD = ("smallest", "10th percentile", "median", "90th percentile", "largest")


def write_appendix(path: Path, material: Material, captions: dict[str, str]) -> None:
    """Write the appendix to `path`, which ends in `.md`. Raises OSError if the disk refuses."""
    page = MdUtils(str(path), title=APPENDIX_TITLE)
    page.new_paragraph("The tables in full; [the report](report.md) says what they mean.")
    _write_sizes(page, material, captions)
    _write_clusters(page, material)
    _write_families(page, material, captions)
    write_measures(page, material)
    write_features(page, material)
    write_builtins(page, material)
    write_levels(page, material)
    write_errors(page, material)
    write_defects(page, material)
    write_faults(page, material.fault_check)
    write_gpu_check(page, material.gpu_check)
    write_costs(page, material)
    path.write_text(page_text(page), encoding="utf-8")


def _write_sizes(page: MdUtils, material: Material, captions: dict[str, str]) -> None:
    heading(page, 2, "Sizes")
    lines = []
    for data in material.devices:
        for split in (*SPLITS, "all"):
            mine = [row for row in data.rows if split in (row.split, "all")]
            size = mb_cell(sum(row.code_bytes for row in mine))
            clusters = f"{len({row.cluster for row in mine}):,}"
            lines.append([f"{NAMES[data.device]}, {split}", f"{len(mine):,}", size, f"{structures(mine):,}", clusters])
    table(page, ["device and split", "records", "MB of code", "structures", "clusters"], lines)
    figure(page, "code_size.svg", captions)
    lines = []
    for data in material.devices:
        for what, values in (("code", [r.code_bytes for r in data.rows]), ("Python", [r.python_bytes for r in data.rows])):
            lines.append([f"{NAMES[data.device]}, {what}", *_cells(numbers.spread(values))])
    table(page, ["bytes per record", *_SPREAD], lines)
    lines = []
    for data in material.devices:
        for direction in ("forward", "backward"):
            found = registers(data.rows, direction)
            if found is not None:
                lines.append([f"{NAMES[data.device]}, {direction} ({number(found[0], 'record')})", *_cells(found[1])])
    table(page, ["registers per thread", *_SPREAD], lines)


def _write_clusters(page: MdUtils, material: Material) -> None:
    heading(page, 2, "Clusters of near-duplicates")
    lines = []
    for data in material.devices:
        counts = records_by_cluster_size(data.rows)
        cells = [f"{name}: {count:,} ({share(count, len(data.rows))})" for name, count in counts.items() if count]
        found = clustering(data.rows)
        lines.append([NAMES[data.device], f"{found.clusters:,}", f"{found.largest:,}", ", ".join(cells)])
    table(page, ["device", "clusters", "records in the largest", "records by size of their cluster"], lines)
    left = [[NAMES[data.device], f"{len(data.manifest.duplicates):,}", f"{len(data.manifest.bridges):,}"] for data in material.devices]
    table(page, ["left out of the cases that passed", "structure there already", "like records of two splits"], left)


def _write_families(page: MdUtils, material: Material, captions: dict[str, str]) -> None:
    heading(page, 2, "Families")
    by_device = [(dict(numbers.families(data.rows)), len(data.rows)) for data in material.devices]
    lines = []
    for name, _ in numbers.families(material.rows):
        cells = [cell for counts, total in by_device for cell in (f"{counts.get(name, 0):,}", share(counts.get(name, 0), total))]
        lines.append([f"`{name}`", *cells])
    table(page, ["family", *material.headings("records", "share")], lines)
    figure(page, "families.svg", captions)


def _cells(spread: Spread) -> Sequence[str]:
    return [f"{value:,.0f}" for value in (spread.smallest, spread.tenth, spread.median, spread.ninetieth, spread.largest)]

"""The part of the report on the dataset: its size and format, what it covers, how different its programs are, how far it compresses."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.card.limits import SYNTHESIZER
from harness.near import SHINGLE
from harness.records import SCHEMA
from harness.report.compression import code_compression, python_compression
from harness.report.diversity import Clustering, clustering, structures
from harness.report.material import LANGUAGES, NAMES, Material
from harness.report.page import figure, heading, mb_cell, megabytes, number, share, table
from harness.report.source import DeviceData


def write_contents(page: MdUtils, material: Material, captions: dict[str, str]) -> None:
    """Add the section."""
    heading(page, 2, "The dataset")
    _write_glance(page, material)
    heading(page, 3, "Coverage")
    page.new_paragraph(_coverage(material))
    figure(page, "coverage.svg", captions)
    heading(page, 3, "Diversity")
    page.new_paragraph(
        "A program's structure is what is left of it without names and constants; a case whose structure is there already is left out. "
        f"Programs that have most runs of {SHINGLE} tokens in common (estimated by MinHash) are near-duplicates and form a cluster, which "
        "stays within one split; a case that resembles records of two splits, a bridge, is left out."
    )
    figure(page, "diversity.svg", captions)
    page.new_paragraph(_compression(material))


def _write_glance(page: MdUtils, material: Material) -> None:
    devices = material.devices
    clusters = [(data, clustering(data.rows)) for data in devices]
    rows = [
        ["records", *(f"{len(data.rows):,}" for data in devices)],
        ["MB of generated code, forward and backward", *(mb_cell(data.code_bytes) for data in devices)],
        ["MB of Python that it was made of", *(mb_cell(data.python_bytes) for data in devices)],
        ["program structures", *(f"{structures(data.rows):,}" for data in devices)],
        ["clusters of near-duplicates", *(f"{found.clusters:,}" for _, found in clusters)],
        ["records in clusters of more than one; in the largest", *(_together(data, found) for data, found in clusters)],
        ["cases left out as duplicates; as bridges", *(_left_out(data) for data in devices)],
    ]
    table(page, ["", *(NAMES[data.device] for data in devices)], rows)
    files = sum(len(data.manifest.shards) for data in devices)
    size = megabytes(sum(data.file_bytes for data in devices))
    page.new_paragraph(
        f"MB is 10^6 bytes. The format is Parquet ({number(files, 'file')}, {size} in all) with {len(SCHEMA.names)} columns, which the "
        "dataset's `README.md` explains. A kernel's CPU and CUDA record have the same `pair_id`."
    )


def _of(count: int, data: DeviceData) -> str:
    return f"{count:,} ({share(count, len(data.rows))})"


def _coverage(material: Material) -> str:
    bars, ledger = material.bars, material.coverage
    synthesized = sum(row.family == SYNTHESIZER for row in material.rows)

    def of(name: str) -> str:
        return f"{bars[name].have:,.0f} of {bars[name].of:,.0f}"

    typical = {what: values[50] for what, values in ledger.percentiles().items()}
    lines, arguments = typical["source_lines"], typical["arguments"]
    features = of("features of real kernels at half their share")
    return (
        f"A family is an algorithm in many variants; `{SYNTHESIZER}` ({share(synthesized, len(material.rows))} of the records) synthesizes "
        f"typed programs. Both follow real kernels ({ledger.profile.kernels:,} of public packages): they cover "
        f"{bars['call sites of real kernels covered'].share:.1%} of the calls of builtins there, and have {features} language features at "
        f"half their share or more. The median kernel has {lines[0]:.0f} lines and {arguments[0]:.0f} arguments; there, {lines[1]:.0f} and "
        f"{arguments[1]:.0f}. Of all of Warp, {of('builtins exercised')} builtins are called, in {of('overloads exercised')} overloads, "
        f"and {of('builtins with an adjoint that is checked')} adjoints were checked (the appendix has [every family, builtin and "
        "statement form](appendix.md))."
    )


def _left_out(data: DeviceData) -> str:
    return f"{len(data.manifest.duplicates):,}; {len(data.manifest.bridges):,}"


def _together(data: DeviceData, found: Clustering) -> str:
    return f"{_of(found.together, data)}; {found.largest:,}"


def _compression(material: Material) -> str:
    told = []
    for data in material.devices:
        code, python = code_compression(data), python_compression(data)
        told.append(
            f"the {LANGUAGES[data.device]} {code.ratio:.1f} times (to {megabytes(code.stored)}), its Python {python.ratio:.1f} times"
        )
    return (
        f"**Compression.** zstd shrinks {'; '.join(told)}. Generated code repeats itself by nature: every statement becomes the same few "
        "lines again, forward and backward. So MB of code say how much text a model reads, and the bytes that are left say more of how "
        "much there is to learn from it."
    )

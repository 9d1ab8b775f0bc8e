"""The part of the report on use: how to load the dataset, and how to repeat one case."""

from __future__ import annotations

from mdutils.mdutils import MdUtils

from harness.report.example import Example
from harness.report.page import heading


def write_use(page: MdUtils, example: Example, data_dir: str) -> None:
    """Add the section."""
    row, device = example.row, example.device
    heading(page, 2, "How to use it")
    page.new_paragraph(
        f"`datasets.load_dataset({data_dir!r}, {device!r})` loads it, and any reader of Parquet does (`README.md` there has examples); "
        "here pyarrow, for some columns only:"
    )
    lines = ["import pyarrow.dataset as ds", f"shards = ds.dataset({f'{data_dir}/{device}'!r})"]
    page.insert_code("\n".join([*lines, "print(shards.head(1, columns=['code']).to_pylist()[0]['code'])"]), "python")
    page.new_paragraph(
        f"One case is made, compiled, run and checked again, the dataset left as it is, by version {row.harness_version} of this project:"
    )
    page.insert_code(f"pytest --device={device} --seed={row.seed} --case={row.case}", "sh")

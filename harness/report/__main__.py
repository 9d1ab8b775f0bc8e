"""The command `python -m harness.report`: reads a dataset and writes the report on it."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from harness.errors import DatasetError
from harness.folder import DEVICES
from harness.manifest import manifest_path
from harness.report.appendix import write_appendix
from harness.report.document import write_document
from harness.report.example import choose_example
from harness.report.fault_check import read_fault_check
from harness.report.gpu_check import read_gpu_check
from harness.report.lowering import lower
from harness.report.material import Material
from harness.report.output import APPENDIX, DATASET, FIGURES, REPORT, ReportError, publish_report
from harness.report.page import megabytes
from harness.report.production import production_path
from harness.report.source import DeviceData, read_dataset
from harness.state import StateError, read_state, write_state

BAD_INPUT = 2
"""The exit status when something was not as it should be, and the report was not written."""

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 2 after one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        print(_report(options.data_dir, options.output, options.state))
    except (DatasetError, ReportError, StateError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.report", description="Writes report.md and its figures on a dataset.")
    folder = "(default: {} in the project's folder)"
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help=f"the dataset's folder {folder.format('generation/data')}")
    parser.add_argument("--output", type=Path, metavar="DIR", help=f"where the report goes {folder.format('generation/report')}")
    parser.add_argument("--state", type=Path, metavar="FILE", help="a GENERATION_STATE.md to log the report in (default: none)")
    return parser


def _report(data_dir: Path | None, output: Path | None, state: Path | None) -> str:
    """Write the report; the line that says what was written and of what."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ReportError("matplotlib is not installed, and the figures need it: pip install -e '.[report]'")
    from harness.report.figures import PLOTS, draw_figures

    source = _ROOT / "generation" / "data" if data_dir is None else data_dir
    target = _ROOT / "generation" / "report" if output is None else output
    # Read before anything is written, so that a state that cannot be read leaves everything as it was.
    before = None if state is None else read_state(state)
    devices = read_dataset(source)
    # What is in the project's folder is named as seen from there, wherever that is.
    shown = source.relative_to(_ROOT) if source.is_relative_to(_ROOT) else source
    material = _material(devices, target, str(shown))

    def make(folder: Path) -> None:
        captions = draw_figures(folder / FIGURES, material)
        write_document(folder / REPORT, material, captions)
        write_appendix(folder / APPENDIX, material, captions)
        for path in (path for device in DEVICES for path in _describing(source, device) if path.exists()):
            shutil.copyfile(path, folder / DATASET / path.name)

    described = [path.name for device in DEVICES for path in _describing(source, device)]
    publish_report(target, make, {FIGURES: [plot.name for plot in PLOTS], DATASET: described})
    if state is not None and before is not None:
        write_state(state, before.with_activity(date.today(), f"wrote the report on {_contents(devices)}"))
    return f"wrote {target / REPORT} on {_contents(devices)}"


def _describing(data_dir: Path, device: str) -> tuple[Path, Path]:
    """The files that say what a device's shards are, and how they were made."""
    return manifest_path(data_dir, device), production_path(data_dir, device)


def _material(devices: Sequence[DeviceData], target: Path, data_dir: str) -> Material:
    """What the report is made of: the data, and what is on record in the report's folder."""
    checks = read_gpu_check(target), read_fault_check(target)
    example = choose_example(devices)
    cuda = example.on("cuda")
    present, absent = [data for data in devices if data.rows], [data.device for data in devices if not data.rows]
    return Material(present, absent, example, None if cuda is None else lower(cuda), *checks, data_dir)


def _contents(devices: Sequence[DeviceData]) -> str:
    return ", ".join(f"{len(d.rows):,} {d.device} records ({megabytes(d.code_bytes)})" for d in devices if d.rows)


if __name__ == "__main__":
    sys.exit(main())

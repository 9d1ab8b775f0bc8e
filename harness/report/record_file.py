"""Records of checks that are made by commands of their own: JSON files beside the report, which say in `format` what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.report.output import ReportError


def read_record(path: Path, form: str, what: str, remedy: str) -> dict[str, Any] | None:
    """The record at `path`, or None if there is none. `what` says what it is the record of, `remedy` which command makes it anew.

    Raises ReportError for a file that cannot be read, or is not of the format `form`.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReportError(f"{path} cannot be read ({error.strerror}): mend its permissions, or remove it") from None
    except ValueError as error:
        raise ReportError(f"{path} cannot be read as JSON ({str(error).splitlines()[0]}): remove it, or run `{remedy}`") from None
    if not isinstance(data, dict) or data.get("format") != form:
        raise ReportError(f"{path} is not the record of {what} in the format {form}: remove it, or run `{remedy}`")
    return data

"""Croissant metadata: croissant.json of the data folder, by which programs find, check and load the dataset.

Croissant is MLCommons' format for datasets, JSON-LD on top of schema.org (http://mlcommons.org/croissant/1.1). Every shard is a file with
its checksum; each device is a set of files and a record set with one field for each column; a record's split is read off its
file's name, so that a reader of one split leaves the files of the others alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.description import ABOUT, CREATOR, LICENSE, NAME, TAGS, TITLE, Edition, Publication, citation
from harness.folder import CARD
from harness.manifest import Manifest
from harness.records import COLUMNS, FORMAT, SPLITS, Column

_CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]

_PARQUET = "application/x-parquet"

_SPLIT_TERMS = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}

_ALIASES = (
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileObject",
    "fileProperty",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
)
"""Terms of Croissant that its context lets a document write without their prefix."""

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{alias: f"cr:{alias}" for alias in _ALIASES},
}


def croissant_text(manifests: Sequence[Manifest], edition: Edition, limits: Sequence[str]) -> str:
    """The file's text, for manifests that have shards; `limits` are sentences on what the data does not show."""
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "identifier": FORMAT,
        "name": NAME,
        "alternateName": TITLE,
        "description": " ".join(ABOUT.split()),
        "license": f"https://spdx.org/licenses/{LICENSE}",
        "creator": {"@type": "sc:Organization", "name": CREATOR},
        "version": edition.version,
        # Relative, like the files': the card is the dataset's page.
        "url": edition.publication.url or CARD,
        **({} if edition.publication.date is None else {"datePublished": edition.publication.date.isoformat()}),
        "citeAs": citation(edition),
        "keywords": list(TAGS),
        "rai:dataLimitations": list(limits),
        "distribution": [part for manifest in manifests for part in _distribution(manifest)],
        "recordSet": [_splits(), *(_record_set(manifest) for manifest in manifests)] if manifests else [],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_publication(path: Path, edition: Edition) -> Publication:
    """Where and when `edition` was published, as the croissant.json at `path` says; nothing if it describes another or cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["identifier"] != FORMAT or found["version"] != edition.version:
            return Publication()
        url, day = found["url"], found.get("datePublished")
        if not isinstance(url, str):
            return Publication()
        return Publication(None if url == CARD else url, None if day is None else date.fromisoformat(day))
    except (OSError, ValueError, KeyError, TypeError):
        return Publication()


def _distribution(manifest: Manifest) -> list[dict[str, Any]]:
    """A device's files, and the set of those that have its records."""
    files = [
        {
            "@type": "cr:FileObject",
            "@id": shard.file,
            "name": shard.file,
            "description": f"{shard.rows} records, split {shard.split}",
            "contentUrl": shard.file,
            "contentSize": f"{shard.file_bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": shard.sha256,
        }
        for shard in manifest.shards
    ]
    return [
        *files,
        {
            "@type": "cr:FileSet",
            "@id": _files(manifest.device),
            "name": _files(manifest.device),
            "description": f"The shards of device {manifest.device}.",
            "encodingFormat": _PARQUET,
            "includes": [shard.file for shard in manifest.shards],
        },
    ]


def _splits() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits, and what they are for.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": ["sc:URL", "cr:Split"]},
        ],
        "data": [{"splits/name": split, "splits/url": _SPLIT_TERMS[split]} for split in SPLITS],
    }


def _record_set(manifest: Manifest) -> dict[str, Any]:
    device = manifest.device
    return {
        "@type": "cr:RecordSet",
        "@id": device,
        "name": device,
        "description": f"One record for each kernel with its code for device {device}: {manifest.rows} records.",
        "key": {"@id": f"{device}/id"},
        "field": [_field(device, column) for column in COLUMNS],
    }


def _field(device: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{device}/{column.name}",
        "name": column.name,
        "description": column.meaning,
        "dataType": _data_type(column.type),
    }
    if column.name == "split":
        # The expression takes a split's name, too, and gives it: readers that join the splits apply it twice.
        names = "|".join(SPLITS)
        field["source"] = {
            "fileSet": {"@id": _files(device)},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": f"^(?:{device}/)?({names})(?:-.+\\.parquet)?$"},
        }
        field["references"] = {"field": {"@id": "splits/name"}}
    else:
        field["source"] = {"fileSet": {"@id": _files(device)}, "extract": {"column": column.name}}
    if pa.types.is_list(column.type):
        field |= {"isArray": True, "arrayShape": "-1"}
    return field


def _files(device: str) -> str:
    return f"{device}-shards"


def _data_type(arrow: pa.DataType) -> str:
    """The term of schema.org for a column's type, or for its elements'."""
    if pa.types.is_list(arrow):
        return _data_type(arrow.value_type)
    if pa.types.is_string(arrow):
        return "sc:Text"
    return "sc:Integer" if pa.types.is_integer(arrow) else "sc:Float"

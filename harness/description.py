"""What the dataset is called, what it is and whose, and how one state of it is named and cited: said once, for its card and for Croissant.

A dataset grows, so a name alone does not say which one was used. An edition is one state of it: its version has a digest of all shards
in it, which follows from the manifests and which anyone can compute anew with `sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from harness.manifest import Manifest

PROJECT = "warp-kernel-harness"

NAME = "warp-kernels"

TITLE = "Warp kernels and their generated code"

CREATOR = f"The {PROJECT} contributors"

LICENSE = "Apache-2.0"
"""The licence's identifier in the SPDX list."""

TAGS = (
    "code",
    "code-generation",
    "python",
    "cpp",
    "cuda",
    "gpu",
    "numpy",
    "nvidia-warp",
    "automatic-differentiation",
    "synthetic",
)

ABOUT = """\
Each record is one NVIDIA Warp kernel in Python with the C++ (CPU) or CUDA code that Warp's just-in-time compiler made of it, an
independent numpy reference, and the evidence of its validation. No two records of a device share a program structure (names and
constants aside). Splits are dealt out by clusters of near-duplicates (`cluster`, `bands`), so that no program is in one split and
nearly the same in another. The fixed preamble that goes before each code is in the manifest, under `preambles`."""

_DIGITS = 12


@dataclass(frozen=True)
class Publication:
    """Where an edition was published and when; None for what is not known. Neither follows from the data."""

    url: str | None = None
    date: date | None = None


@dataclass(frozen=True)
class Edition:
    """One state of the dataset: the project's version that made it, the digest of its shards, how many records it has."""

    project_version: str
    digest: str
    records: int
    publication: Publication = field(default_factory=Publication)

    @property
    def version(self) -> str:
        """The edition's version after semver.org, with the first digits of the digest as build metadata."""
        return f"{self.project_version}+{self.digest[:_DIGITS]}"

    def published(self, publication: Publication) -> Edition:
        """The edition with what `publication` says; what it leaves open stays as it is."""
        url, day = publication.url or self.publication.url, publication.date or self.publication.date
        return replace(self, publication=Publication(url, day))


def shards_digest(manifests: Iterable[Manifest]) -> str:
    """The sha256, in hexadecimal, of what `sha256sum cpu/*.parquet cuda/*.parquet` prints in the data folder."""
    shards = sorted((shard.file, shard.sha256) for manifest in manifests for shard in manifest.shards)
    return hashlib.sha256("".join(f"{sha256}  {file}\n" for file, sha256 in shards).encode()).hexdigest()


def citation(edition: Edition) -> str:
    """A BibTeX entry for the edition. The dataset has no DOI: version and licence name it."""
    entries = {
        "title": f"{{{TITLE}}}",
        "author": f"{{{CREATOR}}}",
        "version": edition.version,
        "note": f"{edition.records} records, licence {LICENSE}",
    }
    if edition.publication.date is not None:
        entries["year"] = str(edition.publication.date.year)
    if edition.publication.url is not None:
        entries["url"] = edition.publication.url
    return "\n".join([f"@misc{{{NAME},", *(f"  {name} = {{{value}}}," for name, value in entries.items()), "}"])

"""What decides on the bytes of a cluster's fragments: settled when its production begins, kept beside them, and the same ever after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version

from generation.cluster.store import Store
from generation.production.ledger import Ledger
from generation.production.request import LEVELS, ROOT, ROUND_CASES, ProductionError, Request, level_name, level_of
from harness.manifest import manifest_path
from harness.records import HARNESS_VERSION

FORMAT = "warp-kernel-harness/cluster/1"

_SOURCES = ("kernels/**/*", "generation/code/**/*", "harness/*", "harness/oracle/*")


@dataclass(frozen=True)
class Settings:
    """A production on a cluster: its device, stream and rounds, whether CUDA is run on GPUs, and the versions that make its records."""

    device: str
    seed: int
    round_cases: int
    optimization_level: int | None
    on_gpus: bool
    harness_version: str
    warp_version: str
    numpy_version: str

    @property
    def ledger(self) -> Ledger:
        """A ledger of these settings in which nothing has been done: a round is what `round_at` makes of it."""
        return Ledger(self.device, self.seed, self.round_cases, self.optimization_level)

    @property
    def versions(self) -> dict[str, str]:
        """The packages whose versions show in records, or in their measured errors."""
        return {"warp-kernel-harness": self.harness_version, "warp-lang": self.warp_version, "numpy": self.numpy_version}


def settings_file(device: str) -> str:
    """Where a device's settings stand in a store."""
    return f"rounds/{device}/production.json"


def installed_versions() -> dict[str, str]:
    """What `Settings.versions` would be here."""
    return {"warp-kernel-harness": HARNESS_VERSION, "warp-lang": version("warp-lang"), "numpy": version("numpy")}


def sources_digest() -> str:
    """The sha256, in hexadecimal, of the sources that make records, so that nodes with others are found out."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _SOURCES for path in ROOT.glob(pattern) if path.suffix in (".py", ".h")}):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def settle(store: Store, request: Request, device: str, *, gpus: int) -> Settings:
    """The settings to go on with: those in the store, or new ones, which are then put there.

    Raises ProductionError if the request, the versions here or the cluster's GPUs are other ones, or if the device's dataset in the store
    was not made by a cluster.
    """
    known = _read(store, device)
    if known is None:
        _check_free(store, device)
        asked = _asked(request, device, on_gpus=device == "cuda" and gpus > 0)
        store.put_if_absent(settings_file(device), (json.dumps({"format": FORMAT, **asdict(asked)}, indent=1) + "\n").encode())
        known = _read(store, device)
        if known is None:
            raise ProductionError(f"{store.uri} does not keep what is put there: give another --destination")
    for option, given, begun in (
        ("--seed", request.seed, known.seed),
        ("--round-cases", request.round_cases, known.round_cases),
        ("--optimization-level", request.level, level_name(known.optimization_level)),
    ):
        if given is not None and given != begun:
            raise ProductionError(
                f"{option} {given}: the production in {store.uri} was begun with {begun}; leave it out, or give another --destination"
            )
    check_versions(known, "this machine")
    if known.on_gpus and not gpus:
        raise ProductionError(f"the production in {store.uri} was begun on GPUs, and the cluster has none: add some")
    return known


def check_versions(settings: Settings, where: str) -> None:
    """Raise ProductionError if the packages installed here are not those of the production."""
    for name, found in installed_versions().items():
        if found != settings.versions[name]:
            raise ProductionError(
                f"{where} has {name} {found}, and the production was begun with {settings.versions[name]}: install that, "
                "or give another --destination"
            )


def _asked(request: Request, device: str, *, on_gpus: bool) -> Settings:
    harness, warp, numpy = installed_versions().values()
    level = LEVELS[device] if request.level is None else level_of(request.level)
    return Settings(device, request.seed or 0, request.round_cases or ROUND_CASES, level, on_gpus, harness, warp, numpy)


def _read(store: Store, device: str) -> Settings | None:
    name = settings_file(device)
    text = store.read(name)
    if text is None:
        return None
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT or data["device"] != device or set(data) != {field.name for field in fields(Settings)}:
            raise ValueError("it is of another format")
        return Settings(**data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProductionError(f"{store.uri}/{name} is damaged ({error}): restore it, or give another --destination") from None


def _check_free(store: Store, device: str) -> None:
    """Refuse a store that holds another's files, or a dataset of this device that has no fragments."""
    names = store.names("")
    manifest = manifest_path(ROOT, device).name
    if manifest in names:
        raise ProductionError(f"{store.uri} has a {device} dataset that no cluster made: give another --destination")
    ours = ("rounds", "cpu", "cuda")
    if names and not any(name in ours or name.startswith(("manifest-", ".lock-")) for name in names):
        raise ProductionError(f"{store.uri} holds {min(names)!r} and no dataset: give a new or empty place as --destination")

"""Which records the samples are made of: as many for each device, every family, the same kernels for all devices, and small ones.

The choice follows from the records alone. A family's kernels are taken in turn: those that all devices have before the others, one of each
cluster of near-duplicates before a second, the smaller before the larger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from generation.finished import FinishedDataset
from generation.sampling.errors import SampleError

_COLUMNS = ("id", "pair_id", "family", "cluster", "code_bytes", "python_bytes")


@dataclass
class Kernel:
    """A kernel: its family, its cluster (on the first device that has it), the bytes of its texts, and the id of its record by device."""

    pair_id: str
    family: str
    cluster: str
    size: int
    ids: dict[str, str]


def read_kernels(dataset: FinishedDataset) -> list[Kernel]:
    """All kernels of the dataset, without their texts. Raises DatasetError if a shard cannot be read."""
    kernels: dict[str, Kernel] = {}
    for device in dataset.devices:
        for record in dataset.records(device, _COLUMNS):
            new = Kernel(record["pair_id"], record["family"], record["cluster"], record["python_bytes"], {})
            kernel = kernels.setdefault(record["pair_id"], new)
            kernel.size += record["code_bytes"]
            kernel.ids[device] = record["id"]
    return list(kernels.values())


def choose(kernels: Sequence[Kernel], devices: Sequence[str], records: int) -> dict[str, list[Kernel]]:
    """For each device, the kernels whose records are its sample, in the order of the choice. Raises SampleError if a device has fewer
    records than asked for, or more families."""
    ranked = _ranked(kernels, devices)
    return {device: _chosen(ranked, device, records, len(devices)) for device in devices}


def _ranked(kernels: Sequence[Kernel], devices: Sequence[str]) -> dict[str, list[Kernel]]:
    """The kernels of each family in the order in which they are taken, the families by name."""
    seen: Counter[tuple[str, str]] = Counter()
    order: dict[str, tuple[bool, int]] = {}
    smallest = sorted(kernels, key=lambda k: (len(k.ids) < len(devices), k.size, k.pair_id))
    for kernel in smallest:
        order[kernel.pair_id] = (len(kernel.ids) < len(devices), seen[kernel.family, kernel.cluster])
        seen[kernel.family, kernel.cluster] += 1
    families: dict[str, list[Kernel]] = defaultdict(list)
    for kernel in sorted(smallest, key=lambda k: order[k.pair_id]):
        families[kernel.family].append(kernel)
    return dict(sorted(families.items()))


def _chosen(ranked: dict[str, list[Kernel]], device: str, records: int, devices: int) -> list[Kernel]:
    """One kernel of each family, then what all devices have, then what this one has alone."""
    own = [present for kernels in ranked.values() if (present := [k for k in kernels if device in k.ids])]
    total = sum(map(len, own))
    if records < len(own):
        raise SampleError(f"--records {records} is fewer than the {len(own)} families of the {device} records: give at least {len(own)}")
    if records > total:
        raise SampleError(f"--records {records} is more than the {total} {device} records there are: give at most {total}, or make more")
    shared = _in_turn([k for k in kernels[1:] if len(k.ids) == devices] for kernels in own)
    alone = _in_turn([k for k in kernels[1:] if len(k.ids) < devices] for kernels in own)
    return list(islice((k for part in ((kernels[0] for kernels in own), shared, alone) for k in part), records))


def _in_turn(lists: Iterable[list[Kernel]]) -> Iterator[Kernel]:
    """The first of every list, then the second of every list, and so on."""
    return (kernel for turn in zip_longest(*lists) for kernel in turn if kernel is not None)

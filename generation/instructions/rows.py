"""The rows of a task and split: a conversation in the form that trainers load, and where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from generation.finished import FinishedDataset
from generation.instructions.kernel_index import KernelIndex
from generation.instructions.prompts import wording
from generation.instructions.tasks import LANGUAGES, Exchange, LeftOut, Task

LICENSE = "Apache-2.0"
"""The SPDX identifier of every row's licence: this project's and Warp's."""

METADATA = ("id", "pair_id", "case", "seed", "family", "split", "device", "validation", "gradient", "warp_version")
"""The columns of the record that the answer comes from which every row has too."""

_DECIDING = ("structure_hash", "cluster")


@dataclass
class Rows:
    """The rows of one task and split, in the order of the shards, those of the first device first; each is made when it is asked for.

    `max_bytes` leaves out conversations that take more bytes in UTF-8 (None: none). `left_out` counts what gave no row so far, by reason.
    """

    dataset: FinishedDataset
    index: KernelIndex
    task: Task
    split: str
    devices: tuple[str, ...]
    max_bytes: int | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Raises DatasetError if a shard cannot be read, sqlite3.Error if the index cannot be."""
        columns = tuple(dict.fromkeys((*METADATA, *_DECIDING, *self.task.columns)))
        if self.task.joined is not None:
            self.index.hold_code(self.task.joined, self.split)
        for device in self.devices:
            for record in self.dataset.records(device, columns, self.split):
                row = self._row(device, record)
                if isinstance(row, LeftOut):
                    self.left_out[row.reason] += 1
                else:
                    yield row

    def _row(self, device: str, record: dict[str, Any]) -> dict[str, Any] | LeftOut:
        if self.index.in_two_splits(record):
            return LeftOut("whose structure or cluster is in two splits")
        earlier = self.devices[: self.devices.index(device)]
        if self.task.once and any(self.index.has(other, record["pair_id"]) for other in earlier):
            return LeftOut("that another device has too")
        exchange = self.task.exchange(record, self.index)
        if isinstance(exchange, LeftOut):
            return exchange
        messages = conversation(self.task, record, exchange)
        if self.max_bytes is not None and sum(len(message["content"].encode()) for message in messages) > self.max_bytes:
            return LeftOut(f"longer than {self.max_bytes} bytes")
        return {"messages": messages, "task": self.task.name, **{name: record[name] for name in METADATA}, "license": LICENSE}


def conversation(task: Task, record: dict[str, Any], exchange: Exchange) -> list[dict[str, str]]:
    """The messages of an exchange, of the roles system, user and assistant, in the wording that is the record's."""
    terms = {"language": LANGUAGES[record["device"]], "version": record["warp_version"]}
    request = wording(task.wordings, task.name, record["id"]).format(**terms)
    return [
        {"role": "system", "content": task.system.format(**terms)},
        {"role": "user", "content": "\n\n".join((request, *exchange.given))},
        {"role": "assistant", "content": exchange.answer},
    ]

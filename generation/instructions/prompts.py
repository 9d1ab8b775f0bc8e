"""The texts of a conversation: the pieces that prompts are put together from, and the choice among wordings of one request.

Which wording a record is asked in follows from its id and the task alone, so the same record is always asked the same way.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

_ROLES = {"input": "read", "output": "written", "accumulate": "added into, zero at first", "inout": "read and written"}

_STRUCT = "struct:"

_STRUCT_NAME = re.compile(r"^struct (\w+_[0-9a-f]{8})$", re.MULTILINE)

_KERNEL_NAME = re.compile(r"\bvoid (\w+_[0-9a-f]{8})_(?:cpu|cuda)_kernel_forward\(")


def wording(wordings: Sequence[str], task: str, record_id: str) -> str:
    """The one of `wordings` that a record is asked in: by a hash of task and id, so that each is as frequent as the others."""
    digest = hashlib.sha256(f"{task}/{record_id}".encode()).digest()
    return wordings[int.from_bytes(digest[:8], "big") % len(wordings)]


def block(language: str, text: str) -> str:
    """`text` as a fenced block of Markdown, without empty lines around it. The fence is longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    body = text.strip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


def generated_names(code: str) -> list[str]:
    """The names that `code` declares and nobody could guess, since they end in Warp's hash of 8 hexadecimal digits: structs and kernel."""
    return [*_STRUCT_NAME.findall(code), *_KERNEL_NAME.findall(code)]


def interface(kernel_name: str, launch: str) -> str:
    """A kernel's arguments and one of its launches in words, a line for each, from a record's `launch` column.

    Shapes are in elements of an array's type; a launch of moderate size is described, not the smallest one.
    """
    parts: dict[str, Any] = json.loads(launch)
    launches = parts["launches"]
    example = launches[len(launches) // 2]
    lines = [f"The kernel is called `{kernel_name}` and takes these arguments, in this order:", ""]
    lines += [f"- {_argument(argument, example)}" for argument in parts["arguments"]]
    return "\n".join([*lines, "", _grid(tuple(example["dim"]), parts.get("block_dim"))])


def _argument(argument: dict[str, Any], launch: dict[str, Any]) -> str:
    name, shapes = argument["name"], launch["shapes"]
    kind = _kind(name, argument["dtype"], launch["domains"].get(name), shapes)
    return f"`{name}`: {_array(kind, shapes[name]) if argument['ndim'] else kind}, {_ROLES[argument['role']]}"


def _kind(name: str, dtype: str, domain: dict[str, Any] | None, shapes: dict[str, list[int]]) -> str:
    """What one element of an argument or field is: a type's name, a struct with its fields, or a handle with the arrays it is made from."""
    if not dtype.startswith(_STRUCT):
        return dtype.replace(":", " with ").replace(",", ", ")
    fields = [] if domain is None else domain["fields"]
    described = ", ".join(_field(name, field, kind, inner, shapes) for field, kind, inner in fields)
    return f"struct {dtype.removeprefix(_STRUCT)} ({described})"


def _field(owner: str, name: str, dtype: str, domain: dict[str, Any], shapes: dict[str, list[int]]) -> str:
    place = f"{owner}.{name}"
    kind = _kind(place, dtype, domain, shapes)
    return f"{name}: {_array(kind, shapes[place]) if shapes.get(place) else kind}"


def _array(kind: str, shape: list[int]) -> str:
    return f"array of {kind}, shape {tuple(shape)}"


def _grid(dim: tuple[int, ...], block_dim: int | None) -> str:
    launched = f"`dim={dim}`" if block_dim is None else f"`wp.launch_tiled`, `dim={dim}` and `block_dim={block_dim}`"
    return f"With arrays of these shapes it is launched with {launched}."

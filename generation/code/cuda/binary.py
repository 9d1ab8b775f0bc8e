"""What a compiled CUDA kernel takes of a GPU: registers and memory of its entry points, read from a cubin.

A cubin is an ELF file for one architecture. The figures stand in its section `.nv.info`, as the compiler's assembler left them there for
the driver, and in the sizes of the entry point's own sections. The attribute numbers are those that `cuobjdump --dump-elf` names
`EIATTR_REGCOUNT`, `EIATTR_FRAME_SIZE` and `EIATTR_MIN_STACK_SIZE`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from generation.code.job import Resources

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_INFO = struct.Struct("<BBH")
_PAIR = struct.Struct("<II")

_HAS_BYTES = 4
"""Format of an entry of `.nv.info` whose value follows, with its size; other formats hold their value in the size's place."""

_ATTRIBUTES = {0x2F: "registers", 0x11: "frame_bytes", 0x12: "stack_bytes"}
_SECTIONS = {".nv.shared.": "shared_bytes", ".nv.constant0.": "parameter_bytes", ".text.": "code_bytes"}


class BinaryError(ValueError):
    """The bytes are not a cubin with the expected entry points."""


@dataclass(frozen=True)
class _Section:
    name: str
    offset: int
    size: int
    link: int


def resources(cubin: bytes, name: str) -> Resources:
    """Registers per thread and bytes of each kind of memory, of the forward and the backward entry point of the kernel called `name`.

    `frame_bytes` and `stack_bytes` are local memory per thread, `shared_bytes` static shared memory per block, `parameter_bytes` the
    constant bank with the parameters, `code_bytes` machine code. Raises BinaryError.
    """
    try:
        sections = _sections(cubin)
    except (struct.error, IndexError, ValueError) as error:
        raise BinaryError(f"its sections cannot be read: {error}") from None
    info = next((s for s in sections if s.name == ".nv.info"), None)
    if info is None:
        raise BinaryError("it has no section .nv.info")
    names = _symbols(cubin, sections, info.link)
    found: Resources = {}
    for direction in ("forward", "backward"):
        entry = f"{name}_cuda_kernel_{direction}"
        figures = {
            _ATTRIBUTES[attribute]: value
            for attribute, symbol, value in _attributes(cubin[info.offset : info.offset + info.size])
            if names.get(symbol) == entry
        }
        figures |= {label: s.size for s in sections for start, label in _SECTIONS.items() if s.name == start + entry}
        if figures:
            found[direction] = dict(sorted(figures.items()))
    if "registers" not in found.get("forward", {}):
        raise BinaryError(f"it does not say how many registers {name} takes")
    return found


def _sections(cubin: bytes) -> list[_Section]:
    if cubin[:5] != b"\x7fELF\x02":
        raise BinaryError("it is no 64-bit ELF file")
    header = _HEADER.unpack_from(cubin)
    offset, size, count, names_index = header[6], header[11], header[12], header[13]
    raw = [_SECTION.unpack_from(cubin, offset + i * size) for i in range(count)]
    names = raw[names_index][4]
    return [_Section(_text(cubin, names + s[0]), s[4], s[5], s[6]) for s in raw]


def _symbols(cubin: bytes, sections: list[_Section], table: int) -> dict[int, str]:
    symbols = sections[table]
    strings = sections[symbols.link].offset
    entries = _SYMBOL.iter_unpack(cubin[symbols.offset : symbols.offset + symbols.size])
    return {i: _text(cubin, strings + entry[0]) for i, entry in enumerate(entries)}


def _attributes(info: bytes) -> Iterator[tuple[int, int, int]]:
    """(attribute, symbol, value) of each entry that gives a figure for a symbol."""
    at = 0
    while at + _INFO.size <= len(info):
        form, attribute, size = _INFO.unpack_from(info, at)
        at += _INFO.size
        if form == _HAS_BYTES:
            if attribute in _ATTRIBUTES and size == _PAIR.size:
                symbol, value = _PAIR.unpack_from(info, at)
                yield attribute, symbol, value
            at += size


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("utf-8", "replace")

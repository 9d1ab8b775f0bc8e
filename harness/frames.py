"""Frames: how the processes of a batch talk over pipes. A frame is a one-byte tag, the payload's length, and a pickled payload.

Scope: bytes in, whole frames out; a frame that was cut off (its writer died) never comes out.
"""

from __future__ import annotations

import os
import pickle
import struct
from typing import Any

_HEADER = struct.Struct("<cQ")

READ_SIZE = 1 << 20

JOBS = b"J"
"""To the server: the jobs of one batch."""
READY = b"R"
"""From the server: it can take jobs; Warp's version."""
REFUSED = b"X"
"""From the server: it cannot work; one line that says why. It then leaves."""
MARK = b"M"
"""From a batch's child to the server: what it is about to do (a Progress without outcome)."""
OUTCOME = b"O"
"""From a batch's child, passed on by the server: one case's Outcome."""
ENDING = b"E"
"""From a batch's child: how it ended by its own account. From the server: the batch's Ending. The last frame of a batch."""

Frame = tuple[bytes, bytes]


def send(fd: int, tag: bytes, payload: Any) -> None:
    """Writes one frame. Raises OSError (BrokenPipeError if nobody reads any more)."""
    send_raw(fd, (tag, pickle.dumps(payload, protocol=pickle.HIGHEST_PROTOCOL)))


def send_raw(fd: int, frame: Frame) -> None:
    """Writes a frame whose payload is pickled already. Raises OSError."""
    tag, payload = frame
    rest = memoryview(_HEADER.pack(tag, len(payload)) + payload)
    while rest:
        rest = rest[os.write(fd, rest) :]


class FrameReader:
    """Collects bytes until they make whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete with `data`."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= _HEADER.size:
            tag, length = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + length
            if len(self._buffer) < end:
                break
            frames.append((tag, bytes(self._buffer[_HEADER.size : end])))
            del self._buffer[:end]
        return frames

    def read(self, fd: int) -> Frame | None:
        """The next frame from `fd`, or None at its end. For a peer that sends one frame at a time."""
        frames = self.feed(b"")
        while not frames:
            data = os.read(fd, READ_SIZE)
            if not data:
                return None
            frames = self.feed(data)
        if len(frames) > 1:
            raise RuntimeError(f"expected one frame, got {len(frames)}: read them with feed")
        return frames[0]

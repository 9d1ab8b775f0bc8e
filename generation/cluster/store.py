"""Where a production on a cluster keeps its files: any filesystem that `pyarrow.fs` knows, written to in whole files only.

A local file is written beside its place, flushed and linked or renamed there. Object storage (S3, GCS, Azure) shows an object when its one
put is over. Any other filesystem gets a file under a temporary name, which is then moved.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import fs

from generation.production.request import ProductionError
from harness.publish import publish, sync_folder

_PUT_WHOLE = frozenset(["s3", "gcs", "abfs"])
_TEMPORARY = ".tmp"


@dataclass(frozen=True)
class Store:
    """The files under `root` of a filesystem; a name is a path relative to it. `uri` is how a person names the root."""

    filesystem: fs.FileSystem
    root: str
    uri: str

    @property
    def local(self) -> Path | None:
        """The root as a folder of this machine, or None if it is not one."""
        filesystem, root = self.filesystem, self.root
        while isinstance(filesystem, fs.SubTreeFileSystem):
            filesystem, root = filesystem.base_fs, f"{filesystem.base_path.rstrip('/')}/{root}"
        return Path(root) if isinstance(filesystem, fs.LocalFileSystem) else None

    def path(self, name: str) -> str:
        """A file's path in the filesystem."""
        return f"{self.root}/{name}" if self.root else name

    def size(self, name: str) -> int | None:
        """A file's bytes, or None if there is no such file. Raises OSError if the storage does not say."""
        info = self.filesystem.get_file_info(self.path(name))
        return int(info.size) if info.type == fs.FileType.File else None

    def names(self, folder: str) -> dict[str, int]:
        """The names of the files and folders in a folder with their bytes (0 for a folder), by name; nothing if there is no such folder."""
        selector = fs.FileSelector(self.path(folder) if folder else self.root, allow_not_found=True)
        return {info.base_name: int(info.size or 0) for info in sorted(self.filesystem.get_file_info(selector), key=lambda i: str(i.path))}

    def open(self, name: str) -> pa.NativeFile:
        """A file, open for reading anywhere in it. Raises OSError."""
        return self.filesystem.open_input_file(self.path(name))

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None if there is no such file. Raises OSError if it cannot be read."""
        if self.size(name) is None:
            return None
        with self.open(name) as file:
            return bytes(file.read())

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Make a file of these bytes, unless there is one of this name; whether it was made. Raises OSError, with no such file made.

        On local disks no two writers can both make it. Elsewhere two that begin at the same moment may: the last then stays, whole.
        """
        if self.size(name) is not None:
            return False
        if (root := self.local) is not None:
            return _link(root / name, data)
        self._put(name, data)
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Make a file of these bytes, in place of one that may be there. Raises OSError, leaving that one."""
        if (root := self.local) is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            publish(root / name, lambda file: _write_all(file, data))
        else:
            self._put(name, data)

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        if self.size(name) is not None:
            self.filesystem.delete_file(self.path(name))

    def remove_temporary(self, folder: str) -> None:
        """Remove what killed writers left half-written in a folder."""
        for name in self.names(folder):
            if name.startswith(".") and name.endswith(_TEMPORARY):
                self.filesystem.delete_file(self.path(f"{folder}/{name}"))

    def _put(self, name: str, data: bytes) -> None:
        path = self.path(name)
        whole = self.filesystem.type_name in _PUT_WHOLE
        if whole:
            self._write(path, data)
            return
        folder, _, base = path.rpartition("/")
        self.filesystem.create_dir(folder, recursive=True)
        temporary = f"{folder}/.{base}.{uuid.uuid4().hex}{_TEMPORARY}"
        self._write(temporary, data)
        self.filesystem.move(temporary, path)

    def _write(self, path: str, data: bytes) -> None:
        with self.filesystem.open_output_stream(path) as stream:
            stream.write(data)
        info = self.filesystem.get_file_info(path)
        if info.size != len(data):
            if info.type == fs.FileType.File:
                self.filesystem.delete_file(path)
            raise OSError(f"{path} took {info.size} of {len(data)} bytes")


def open_store(uri: str) -> Store:
    """The store at a URI or a local path. Raises ProductionError if it names no filesystem that can be used."""
    if "://" not in uri:
        uri = os.path.abspath(uri)
    try:
        filesystem, root = fs.FileSystem.from_uri(uri)
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise ProductionError(f"--destination {uri}: {reason}; give a local path, file://, s3://, gs:// or another of pyarrow.fs") from None
    return Store(filesystem, root.rstrip("/"), uri)


def _write_all(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def _link(path: Path, data: bytes) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True

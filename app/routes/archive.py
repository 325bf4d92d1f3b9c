"""A folder as one zip file, made while it is sent: nothing of it is kept, on the disk or in memory."""

import os
import stat
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

TEXTS = {".json", ".txt", ".yaml"}  # worth packing; images are packed already
CHUNK = 1 << 20


class _Passage(RawIOBase):
    """Takes what the zip file writes, until it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self._waiting += view
        return view.nbytes

    def taken(self) -> bytes:
        data = bytes(self._waiting)
        self._waiting.clear()
        return data


def archived(folder: Path) -> Iterator[bytes]:
    """Yield the zip file piece by piece; links are left out, whatever they point to."""
    passage = _Passage()
    with ZipFile(passage, "w") as archive:  # type: ignore[arg-type]  # it only writes, and never goes back
        for path in _files(folder):
            entry = ZipInfo.from_file(
                path, f"{folder.name}/{path.relative_to(folder).as_posix()}", strict_timestamps=False
            )
            entry.compress_type = ZIP_DEFLATED if path.suffix in TEXTS else ZIP_STORED
            with path.open("rb") as file, archive.open(entry, "w") as into:
                while data := file.read(CHUNK):
                    into.write(data)
                    if sent := passage.taken():
                        yield sent
            yield passage.taken()
    yield passage.taken()


def _break_off(error: OSError) -> None:
    """What was removed meanwhile must not end as a whole archive that lacks something."""
    raise error


def _files(folder: Path) -> Iterator[Path]:
    for root, names, files in os.walk(folder, onerror=_break_off):
        names.sort()
        for name in sorted(files):
            path = Path(root, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path

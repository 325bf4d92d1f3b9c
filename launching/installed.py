"""Packages that a killed pip left half installed: pip itself would take them for complete."""

import csv
import glob
import os
import shutil
from typing import List


def forget_half_installed(environment: str) -> List[str]:
    """Remove the metadata of packages whose files are not all there, so that pip installs them again.

    Returns their names.
    """
    broken = []
    for pattern in (("lib", "python*", "site-packages"), ("Lib", "site-packages")):
        for packages in glob.glob(os.path.join(environment, *pattern)):
            # pip moves what it is replacing to names with "~"; nothing reads those any more.
            for stale in glob.glob(os.path.join(packages, "~*")):
                shutil.rmtree(stale, ignore_errors=True)
            for metadata in sorted(glob.glob(os.path.join(packages, "*.dist-info"))):
                if not is_whole(packages, metadata):
                    shutil.rmtree(metadata)
                    broken.append(os.path.basename(metadata)[: -len(".dist-info")].split("-")[0])
    return broken


def is_whole(packages: str, metadata: str) -> bool:
    """Whether every file that a package lists is there at its size."""
    try:
        with open(os.path.join(metadata, "RECORD"), encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == 3]
        if not os.path.exists(os.path.join(metadata, "INSTALLER")):  # pip writes it after all files
            return False
        for name, _, size in rows:
            if size and os.stat(os.path.join(packages, name)).st_size != int(size):
                return False
    except (OSError, ValueError, csv.Error):
        return False
    return bool(rows)

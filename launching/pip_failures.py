"""What pip's last words mean for the person who started Twinbank: one sentence and the next step."""

import re
from typing import Optional

_NAME = r"([A-Za-z0-9][A-Za-z0-9._-]*)"
_MISSING = re.compile(r"(?:No matching distribution found for|satisfies the requirement) " + _NAME + r"(\S*)")
_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionError|ConnectionReset|"
    r"ProxyError|SSLError|IncompleteRead|ProtocolError|Max retries exceeded|Connection broken|"
    r"Temporary failure in name resolution|[Ii]ncomplete[ -]download|HTTP error 5\d\d"
)
_ON_THE_WAY = re.compile(r"/([A-Za-z0-9][A-Za-z0-9_.]*)-\d[^/\s]*\.whl|/simple/([a-z0-9._-]+)/")
_BUILD = re.compile(r"[Ff]ail(?:ed|ing) (?:to build|building wheel for) '?" + _NAME)
_CONFLICT = re.compile(r"Cannot install (.+?) because these package versions have conflicting")


def explain(errors: str, requirements: str, python: str, wheels: Optional[str] = None) -> str:
    """Name the package that could not be had and what to do.

    Args:
        errors: what pip wrote to its error stream.
        requirements: the file it was installing.
        python: "3.11".
        wheels: the folder of --wheels, when that was asked for.
    """
    if "No space left on device" in errors or "not enough space on the disk" in errors:
        return (
            "The disk ran full while installing {}. The environment, pip's cache and the temporary folder "
            "(TMPDIR) all need room.\nFree some space, then start again; it goes on from here.".format(
                requirements
            )
        )
    if "DO NOT MATCH THE HASHES" in errors:
        return "A downloaded file is damaged.\nRun `pip cache purge`, then start again."
    if "Permission denied" in errors or "PermissionError" in errors:
        return "pip may not write here (see above).\nMake the folder writable, then start again."
    network = _NETWORK.search(errors)
    missing = _MISSING.search(errors)
    if network:
        return _network_sentence(errors, missing.group(1) if missing else None)
    if missing:
        return _missing_sentence(missing.group(1) + missing.group(2), python, wheels)
    conflict = _CONFLICT.search(errors)
    if conflict:
        return "{} cannot be installed together.\nUse {} as it was delivered.".format(
            conflict.group(1), requirements
        )
    build = _BUILD.search(errors)
    if build:
        return _missing_sentence(build.group(1), python, wheels)
    return "pip could not install {} (its reason is above).\nStart again; it goes on from here.".format(
        requirements
    )


def _network_sentence(errors: str, missing: Optional[str]) -> str:
    on_the_way = _ON_THE_WAY.findall(errors)
    name = missing or (on_the_way[-1][0] or on_the_way[-1][1] if on_the_way else "a package")
    return (
        "{} could not be downloaded: the network failed.\nStart again when it is back; what has been "
        "downloaded is kept. Without a network, install from a folder of wheels: "
        "python3 launch.py --wheels DIR".format(name)
    )


def _missing_sentence(name: str, python: str, wheels: Optional[str]) -> str:
    if wheels is not None:
        return (
            "{} is not in {} as a wheel for Python {} on this kind of machine.\nOn a machine like this one "
            "that has a network, run  python{} -m pip download --only-binary=:all: -r requirements.txt "
            "-r requirements-dev.txt -d DIR  and bring that folder.".format(name, wheels, python, python)
        )
    return (
        "{} cannot be had for Python {} on this kind of machine.\nTwinbank is made for Linux (x86-64, ARM), "
        "Windows (x86-64) and macOS (Apple silicon); on those, check that pip's settings (`pip config list`) "
        "name a package index that has it.".format(name, python)
    )

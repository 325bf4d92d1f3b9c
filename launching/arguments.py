"""The words after `launch.py`: which are the door's own and which are handed over."""

from typing import Dict, List, NamedTuple, Optional

from launching import LaunchError

HELP = """\
Twinbank: visual inspection that learns from one painted defect. Everything runs on this machine.

usage: python3 launch.py [--wheels DIR] [COMMAND] [OPTIONS]        (Windows: py launch.py ...)

The first start makes .venv and installs what is needed; every later start goes straight to the command.
Without a command the app is served; where there is no workspace yet, a demo one is built first.

commands
  serve      open the app in the browser (what happens without a command)
  demo       build a workspace of rendered parts and open it
  import     take in a folder of images
  fit        build the first model from the good images
  teach      teach the model what has been painted since
  score      score image files: pass or reject, with heatmaps if asked
  evaluate   measure the detector on a folder of parts with known defects
  check      verify every file and record of a workspace
  weights    download a backbone's weights, once
  setup      only make the environment
  test       check and test this copy of Twinbank
  bench      measure speed and accuracy

options before the command
  --wheels DIR   install from the wheels in DIR, without a network
  -h, --help     this text

`python3 launch.py COMMAND --help` explains a command.

examples
  python3 launch.py
  python3 launch.py --wheels /media/usb/wheels setup
  python3 launch.py import photos --layout folder --product valve
"""

HELP_OF: Dict[str, str] = {
    "setup": """\
usage: python3 launch.py [--wheels DIR] setup

Makes .venv beside launch.py and installs requirements.txt into it, or goes on where an earlier set-up was
stopped. Does nothing when that is done already. On Linux with an x86-64 processor this takes 7.6 GB.

example
  python3 launch.py setup
""",
    "test": """\
usage: python3 launch.py [--wheels DIR] test [PYTEST ARGUMENTS]

Installs requirements-dev.txt and finds (or installs) a Chromium for the browser tests. Then, without further
arguments: formatting, lint, types, and all tests. With arguments: only pytest, with these arguments.

examples
  python3 launch.py test
  python3 launch.py test tests/core -k coreset
""",
}


class Asked(NamedTuple):
    """A command line, taken apart."""

    command: str  # "" when none was given
    rest: List[str]
    wheels: Optional[str]
    wants_help: bool


def split_arguments(arguments: List[str]) -> Asked:
    """Take the door's own options off the front; what is left is the command and its words."""
    wheels: Optional[str] = None
    left = list(arguments)
    while left:
        if left[0] in ("-h", "--help"):
            return Asked("", left[1:], wheels, True)
        if left[0].startswith("--wheels="):
            wheels = left.pop(0)[len("--wheels=") :]
        elif left[0] == "--wheels":
            if len(left) < 2:
                raise LaunchError("--wheels needs the folder that holds the wheels: --wheels DIR", 2)
            wheels = left[1]
            del left[:2]
        else:
            break
    if wheels == "":
        raise LaunchError("--wheels needs the folder that holds the wheels: --wheels DIR", 2)
    # An option in front means the default command: `launch.py --workspace parts` serves.
    command = left.pop(0) if left and not left[0].startswith("-") else ""
    wants_help = command in HELP_OF and left[:1] in (["-h"], ["--help"])
    return Asked(command, left, wheels, wants_help)

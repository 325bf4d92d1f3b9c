#!/usr/bin/env python3
"""The one door to Twinbank: makes the environment when needed, then hands over to app.cli.

Standard library only, and nothing newer than Python 3.6 in here or in launching/: this file has to start on
whatever `python3` a machine has, find a newer one, and leave.
"""

import os
import sys
from typing import List

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, ROOT)

from launching import LaunchError  # noqa: E402
from launching.arguments import HELP, HELP_OF, split_arguments  # noqa: E402
from launching.environment import Project, make_ready  # noqa: E402
from launching.processes import child_environment, hand_over  # noqa: E402

STOPPED = 130  # what a shell reports for a program ended by Ctrl+C


def main(arguments: List[str]) -> int:
    """Do what the command line asks; the exit code."""
    asked = split_arguments(arguments)
    if asked.wants_help:
        print(HELP_OF.get(asked.command, HELP))
        return 0
    project = Project(ROOT)
    if asked.command == "setup":
        if asked.rest:
            raise LaunchError("setup takes no further words, but got: {}".format(" ".join(asked.rest)))
        did_work = make_ready(project, with_tests=False, wheels=asked.wheels)
        print("Twinbank is set up." if did_work else "Twinbank was already set up; nothing to do.")
        return 0
    if asked.command == "test":
        from launching.checks import run_checks  # only here: the others start without reading it

        make_ready(project, with_tests=True, wheels=asked.wheels)
        return run_checks(project, asked.rest)
    make_ready(project, with_tests=False, wheels=asked.wheels)
    words = [asked.command] if asked.command else []
    return hand_over([project.python, "-m", "app.cli"] + words + asked.rest, child_environment(ROOT))


def guarded_main(arguments: List[str]) -> int:
    """main(), with Ctrl+C and known failures turned into a sentence and an exit code."""
    try:
        return main(arguments)
    except KeyboardInterrupt:
        print("\nStopped. Start again to go on from here.", file=sys.stderr)
        return STOPPED
    except LaunchError as error:
        print("\n{}".format(error), file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(guarded_main(sys.argv[1:]))

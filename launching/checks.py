"""`launch.py test`: formatting, lint, types, tests. All of them run, whatever the ones before said."""

import os
from typing import Dict, List, NamedTuple

from launching import chromium
from launching.environment import Project, say
from launching.processes import child_environment, run


class Check(NamedTuple):
    """A check that reads the code without running it."""

    name: str
    words: List[str]  # after `python -m`
    remedy: str


CHECKS = (
    Check("formatting", ["ruff", "format", "--check", "."], "run: .venv/bin/ruff format ."),
    Check("lint", ["ruff", "check", "."], "see above"),
    Check("types", ["mypy"], "see above"),
)

MOST_PROCESSES = 4  # that run tests side by side; each holds torch


def run_checks(project: Project, arguments: List[str]) -> int:
    """Run everything, or only pytest when it is given arguments; 0 if all passed."""
    environment = child_environment(project.root)
    browser = chromium.get(project, environment)
    if browser is not None:
        environment[chromium.VARIABLE] = browser
    failed = [] if arguments else failed_checks(project, environment)
    words = [project.python, "-m", "pytest"]
    if not arguments:
        # One more than cores: a browser test waits a lot.
        processes = min((os.cpu_count() or 1) + 1, MOST_PROCESSES)
        words += ["--numprocesses", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]
    if browser is None and "-m" not in arguments:
        words += ["-m", "not browser"]
    # Paths among the arguments are the person's own, as seen from where they stand inside this copy.
    is_inside = os.path.realpath(os.getcwd()).startswith(os.path.realpath(project.root))
    folder = None if arguments and is_inside else project.root
    exit_code = run(words + arguments, environment=environment, folder=folder)
    if failed:
        say("Failed before the tests: {}.".format("; ".join(failed)))
    return exit_code or (1 if failed else 0)


def failed_checks(project: Project, environment: Dict[str, str]) -> List[str]:
    """Run each check; the names of those that failed, with what to do."""
    failed = []
    for check in CHECKS:
        print("{}: {}".format(check.name, " ".join(check.words)), flush=True)
        words = [project.python, "-m"] + check.words
        if run(words, environment=environment, folder=project.root) != 0:
            failed.append("{} ({})".format(check.name, check.remedy.replace("/", os.sep)))
            print("FAILED: {}".format(check.name), flush=True)
    return failed

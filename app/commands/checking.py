"""check: every file and every record of a workspace."""

from argparse import Namespace

from app.commands.outcome import DONE, FAILED, IN_USE, CommandFailedError
from app.commands.progress_line import ProgressLine


def check(options: Namespace) -> int:
    from app.services.checking import check_workspace
    from app.services.errors import WorkspaceInUseError

    if not (options.workspace / "workspace.json").exists():
        raise CommandFailedError(f"There is no workspace in {options.workspace}.")
    try:
        with ProgressLine() as line:
            found = check_workspace(options.workspace, line)
    except WorkspaceInUseError as error:
        raise CommandFailedError(str(error), IN_USE) from error
    for problem in found.problems:
        print(f"problem  {problem}")
    print(found.sentence)
    return FAILED if found.problems else DONE

"""How a command ends: exit codes, and errors that are a sentence."""

DONE = 0
FAILED = 1  # the work failed, or a check found something
WRONG_USE = 2  # the command line is wrong
IN_USE = 3  # another process has the workspace and can't be asked
STOPPED = 130  # ended by Ctrl+C

EXIT_CODES = (
    """exit codes: 0 done, 1 failed, 2 wrong command line, 3 the workspace is in use, 130 stopped by Ctrl+C"""
)


class CommandFailedError(Exception):
    """The command can't go on; the message is a sentence for a person."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

"""How a command ends: exit codes, and errors that are a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

DONE = 0
FAILED = 1  # the work failed, or a check found something
WRONG_USE = 2  # the command line is wrong
IN_USE = 3  # another process has the workspace and can't be asked
STOPPED = 130  # ended by Ctrl+C

EXIT_CODES = (
    """exit codes: 0 done, 1 failed, 2 wrong command line, 3 the workspace is in use, 130 stopped by Ctrl+C"""
)


OUR_PACKAGES = ("app", "core", "storage")


class CommandFailedError(Exception):
    """The command can't go on; the message is a sentence for a person."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@contextmanager
def errors_told_as_sentences() -> Iterator[None]:
    """Turn our own named errors, whose messages are sentences, into a failed command; the rest is a bug and stays.

    They are known by where they are defined: importing them all would cost seconds.
    """
    try:
        yield
    except CommandFailedError:
        raise
    except Exception as error:
        if type(error).__module__.split(".")[0] in OUR_PACKAGES:
            raise CommandFailedError(str(error)) from error
        raise

"""What happens before the app can be imported: interpreter, environment, browser for the tests.

Standard library only, nothing newer than Python 3.6 (the system Python of many machines on a factory floor).
"""


class LaunchError(Exception):
    """Something a person has to do first. The text is what they read: what is wrong, then the next step."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

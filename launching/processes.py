"""Starting other programs so that Ctrl+C reaches them and they can end properly."""

import os
import subprocess
import sys
import threading
from typing import IO, Any, Dict, List, NamedTuple, NoReturn, Optional, Union

GRACE_SECONDS = 20.0


class Finished(NamedTuple):
    """How a program ended, with what it wrote to its error stream."""

    exit_code: int
    errors: str


def child_environment(root: str, base: Optional[Dict[str, str]] = None) -> Dict[str, str]:
    """The variables that the app and the tests run with: nothing phones home, our own folders come first."""
    environment = dict(os.environ if base is None else base)
    environment.pop("PYTHONHOME", None)
    environment.update(
        {
            "PYTHONPATH": root,  # not added to: packages of another Python would get in
            "PYTHONSAFEPATH": "1",  # the folder one stands in may hold a `core` or an `app` of its own
            "PYTHONUTF8": "1",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
            # Threads that wait sleep instead of spinning: measured 4 times faster training beside another busy process.
            "OMP_WAIT_POLICY": "PASSIVE",
        }
    )
    return environment


def hand_over(command: List[str], environment: Dict[str, str]) -> int:
    """Become `command` (POSIX, never returns) or run it and pass on its exit code (Windows)."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        _become(command, environment)
    return run(command, environment=environment)


def _become(command: List[str], environment: Dict[str, str]) -> NoReturn:
    os.execve(command[0], command, environment)


def run(
    command: List[str],
    *,
    environment: Optional[Dict[str, str]] = None,
    folder: Optional[str] = None,
    output: Union[int, IO[str], None] = None,
) -> int:
    """Run to the end and return the exit code. Ctrl+C goes to the program too; it gets time to clean up."""
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=output)
    return _wait(process)


def run_watching_errors(command: List[str], *, environment: Optional[Dict[str, str]] = None) -> Finished:
    """Run with everything shown on our error stream, and keep what it wrote to its own error stream."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=_error_stream(),
        stderr=subprocess.PIPE,
        universal_newlines=True,
        errors="replace",
    )
    lines: List[str] = []

    def pass_on() -> None:
        for line in process.stderr or ():
            lines.append(line)
            sys.stderr.write(line)
            sys.stderr.flush()

    reader = threading.Thread(target=pass_on, daemon=True)
    reader.start()
    exit_code = _wait(process)
    reader.join(GRACE_SECONDS)
    return Finished(exit_code, "".join(lines))


def _error_stream() -> Optional[int]:
    """Where set-up chatter goes: standard output belongs to the command's own results."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # no real stream, as in pythonw or a captured test
        return None


def _wait(process: "subprocess.Popen[Any]") -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(GRACE_SECONDS)  # it got the same Ctrl+C
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        raise

"""Follow a job to its end from the terminal; Ctrl+C cancels it and waits until it has stopped."""

import time

from app.commands.outcome import CommandFailedError
from app.commands.owner import JobState, Owner
from app.commands.progress_line import ProgressLine

SECONDS_BETWEEN_LOOKS = 0.2


def follow(owner: Owner, job_id: int) -> JobState:
    """Show the job's progress until it is done, and return it.

    Raises:
        CommandFailedError: the job failed or was cancelled elsewhere.
        KeyboardInterrupt: after the job was cancelled by Ctrl+C.
    """
    try:
        with ProgressLine() as line:
            job = _watch(owner, job_id, line)
    except KeyboardInterrupt:
        owner.cancel(job_id)
        while owner.job(job_id).is_active:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        raise
    if job.state != "done":
        raise CommandFailedError(job.error or f"The job ended as {job.state}.")
    return job


def follow_rest(owner: Owner) -> None:
    """Wait for what was started behind the job, such as judging new images."""
    while (job_id := owner.current_job()) is not None:
        follow(owner, job_id)


def _watch(owner: Owner, job_id: int, line: ProgressLine) -> JobState:
    while (job := owner.job(job_id)).is_active:
        if job.stage:
            line(job.stage, job.done, job.total)
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return job

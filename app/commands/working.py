"""fit, teach: jobs of a workspace, here or at the server that owns it."""

from argparse import Namespace
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from app.commands.following import follow, follow_rest
from app.commands.outcome import DONE
from app.commands.owner import Owner, open_owner
from app.commands.settings_file import chosen_settings
from app.messages import plural


def fit(options: Namespace) -> int:
    settings = chosen_settings(options.settings, options.backbone, options.image_size)
    with closing(open_owner(options)) as owner:
        show_lesson(follow_lesson(owner, owner.start_fit(settings)))
    return DONE


def teach(options: Namespace) -> int:
    with closing(open_owner(options)) as owner:
        lesson = follow_lesson(owner, owner.start_teach())
    show_lesson(lesson)
    print(
        f"Version {lesson['version_id']} is waiting: look at it on the page Models and put it into use there."
    )
    return DONE


def follow_lesson(owner: Owner, job_id: int) -> Mapping[str, Any]:
    """Wait until the job has made its version and every image is judged by it; return what it did."""
    follow(owner, job_id)
    follow_rest(owner)
    return owner.job(job_id).result


def show_lesson(lesson: Mapping[str, Any]) -> None:
    """Print what a version does, with the figures on the images kept for testing."""
    print(f"Version {lesson['version_id']}: {lesson['sentence']} ({lesson['seconds']:.0f} s).")
    before = {line["product"]: line for line in lesson["figures_before"]}
    for line in lesson["figures_after"]:
        print(f"  {line['product']}: {_figures(line, before.get(line['product']))}")


def _figures(line: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    def moved(name: str) -> str:
        return f"{before[name]} -> {line[name]}" if before else str(line[name])

    return (
        f"false rejects {moved('false_rejects')} of {line['n_good']} good, "
        f"missed {moved('missed')} of {plural(line['n_defect'], 'defective image')} kept for testing"
    )

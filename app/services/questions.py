"""Unsure gets answered: who asked, what others said, and what was written about an image."""

from datetime import datetime

from app.services.authorship import checked_author, now
from app.services.catalogue import require_image
from app.services.errors import InvalidRequestError
from app.services.views import Inbox, Said
from storage.list_query import Wanted
from storage.records import VerdictValue
from storage.workspace import Work, Workspace

LONGEST = 500  # characters of a remark
ANSWERS = "answers"  # the queue of what others said to this person's questions


class QuestionsService:
    """Remarks, questions and answers. An image that a person is unsure of is a question to everybody else."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def remark(self, image_id: int, text: str, author: str) -> None:
        """Write something about an image.

        Raises:
            InvalidRequestError: nothing was written, or too much.
            UnknownImageError, AuthorMissingError
        """
        name = checked_author(author)
        words = " ".join(text.split())
        if not words or len(words) > LONGEST:
            raise InvalidRequestError(f"A remark has 1 to {LONGEST} characters; this one has {len(words)}.")
        with self._workspace.writing() as work:
            require_image(work, image_id)
            work.remarks.add(image_id, words, name, now())

    def conversation(self, image_id: int) -> tuple[Said, ...]:
        """Return remarks, and verdicts from the first "unsure" on, oldest first; empty: nobody asked or wrote."""
        with self._workspace.reading() as work:
            remarks = work.remarks.of(image_id)
            verdicts = work.verdicts.history(image_id)
        first = next((at for at, event in enumerate(verdicts) if event.value is VerdictValue.UNSURE), None)
        asked = () if first is None else verdicts[first:]
        said = [Said(event.author, event.at, event.value.value, None) for event in asked if event.value]
        said += [Said(remark.author, remark.at, None, remark.text) for remark in remarks]
        return tuple(sorted(said, key=_moment))

    def inbox(self, person: str, product: str | None = None) -> Inbox:
        """Count what waits for this person."""
        if not person:
            return Inbox(0, 0)
        with self._workspace.reading() as work:
            own = {image.id for image in work.images.all(product)} if product else None
            answers = answered(work, person)
            asked = work.listing.count(questions_to(person, product))
        return Inbox(len(answers) if own is None else len(own & set(answers)), asked)


def questions_to(person: str, product: str | None = None) -> Wanted:
    """Return what finds the images that others are unsure of."""
    return Wanted(product=product, verdict=VerdictValue.UNSURE.value, not_judged_by=person)


def answered(work: Work, person: str) -> tuple[int, ...]:
    """Return images that the person was unsure of and somebody else has decided, until the person has moved on."""
    asked = work.verdicts.asked_by(person)
    said = work.verdicts.current(asked)
    read = {skip.image_id: skip.at for skip in work.skips.newest(person, ANSWERS)}
    return work.images.without_deleted(
        image_id
        for image_id, verdict in said.items()
        if verdict.author != person
        and verdict.value is not VerdictValue.UNSURE
        and verdict.at > asked[image_id]  # one that came back when the question was undone is older
        and (image_id not in read or read[image_id] < verdict.at)
    )


def _moment(said: Said) -> datetime:
    return said.at

"""What a service refuses to do, each with a sentence for a person."""

from app.messages import plural
from app.services.views import Painting
from storage.errors import BlobMissingError, StorageError, WorkspaceInUseError

__all__ = [
    "BlobMissingError",
    "StorageError",
    "WorkspaceInUseError",
]  # routes and commands know storage's by these


class ServiceError(Exception):
    """A request that can't be carried out; the message says why and what to do next."""


class NotFoundError(ServiceError):
    """What was asked for does not exist."""


class ConflictError(ServiceError):
    """The request is sound but something else is in the way now."""


class UnknownImageError(NotFoundError):
    def __init__(self, image_id: int) -> None:
        super().__init__(f"There is no image {image_id}. It may have been deleted: reload the page.")


class UnknownProductError(NotFoundError):
    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        there = ", ".join(known) if known else "none yet"
        super().__init__(f"There is no product called {name!r}. Products here: {there}.")


class UnknownJobError(NotFoundError):
    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no job {job_id}.")


class UnknownVersionError(NotFoundError):
    def __init__(self, version_id: int) -> None:
        super().__init__(f"There is no version {version_id}.")


class NotScoredError(NotFoundError):
    """A version has not looked at an image.

    Args:
        version_id: which version; None: there is none in use for the image's product.
    """

    def __init__(self, name: str, product: str, version_id: int | None) -> None:
        super().__init__(
            f"{name} has no score yet, because no version is in use for {product}: build a model on the page Teach, "
            "or put one into use on the page Models."
            if version_id is None
            else f"{name} has no score of version {version_id}. New images are scored by the version in use, which takes "
            "a moment: look again then, or choose another version."
        )


class AuthorMissingError(ServiceError):
    def __init__(self) -> None:
        super().__init__("Type your name first: every label carries the name of its author.")


class UnknownVerdictError(ServiceError):
    def __init__(self, value: str) -> None:
        super().__init__(f"A verdict is good, defect or unsure, not {value!r}.")


class InvalidRequestError(ServiceError):
    """A value is outside what is allowed; the message names it and what is allowed."""


class MaskSizeError(ServiceError):
    def __init__(self, what: str, mask: tuple[int, int], image: tuple[int, int]) -> None:
        super().__init__(
            f"The mask of {what} has {mask[1]} x {mask[0]} pixels, but its image {image[1]} x {image[0]}."
        )


class StalePaintingError(ConflictError):
    """Somebody saved this painting in the meantime; `painting` is what is saved now."""

    def __init__(self, base_revision: int, painting: Painting) -> None:
        super().__init__(
            f"This painting was changed elsewhere in the meantime (you started from save {base_revision}, "
            f"save {painting.revision} is by {painting.author}): reload it and paint again."
        )
        self.painting = painting


class SendWholeError(ServiceError):
    """A change came that does not lead to the painting it should: the whole painting is needed."""

    def __init__(self) -> None:
        super().__init__("These changes do not fit what is stored here: send the whole painting.")


class JobRunningError(ConflictError):
    def __init__(self, kind: str) -> None:
        super().__init__(f"A {kind} job is already under way: wait for it, or cancel it first.")


class NoModelError(ConflictError):
    def __init__(self) -> None:
        super().__init__("There is no model yet: judge images as good, then build the first model.")


class NotEnoughGoodImagesError(ConflictError):
    def __init__(self, product: str, count: int, needed: int) -> None:
        super().__init__(
            f"{product} has {plural(count, 'good part')} to learn from, not counting those kept for testing; "
            f"a model needs {needed}."
        )


class NothingToTeachError(ConflictError):
    def __init__(self) -> None:
        super().__init__("Nothing new is waiting: paint a defect, or judge more images as good, then teach.")


class NothingToRollBackError(ConflictError):
    def __init__(self, product: str) -> None:
        super().__init__(
            f"{product} has had no other version in use before: there is nothing to roll back to."
        )


class VersionLacksProductError(ConflictError):
    def __init__(self, version_id: int, product: str) -> None:
        super().__init__(f"Version {version_id} was built without {product}: it can't be put into use there.")


class FolderNotReadableError(ServiceError):
    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"The folder {folder} can't be read ({why}).")


class ExportFailedError(ServiceError):
    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"Nothing was exported to {folder} ({why}).")


class UnknownExportError(NotFoundError):
    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no export {job_id} in this workspace any more: export again.")


class OwnerOnlyError(ServiceError):
    """A path of this machine came from somebody who is not known to run Twinbank here."""


class NotNowError(ServiceError):
    """The request is sound, and may go through when it is sent again later."""


class WorkerDiedError(NotNowError):
    """A process that computes ended without an answer; the version in use keeps serving."""

    def __init__(self, name: str, how: str) -> None:
        super().__init__(
            f"The {name} process ended unexpectedly ({how}). "
            "The version in use keeps serving; see the log, then try again."
        )


class TooManyWaitingError(NotNowError):
    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"{waiting} requests for scores are waiting already: send this one again in a moment."
        )


class ClosingError(NotNowError):
    """The workspace is being closed: nothing new is begun."""

    def __init__(self) -> None:
        super().__init__("Twinbank is closing: start it again, then repeat this.")


class WorkerRefusedError(ServiceError):
    """A process that computes answered with an error; the message is its sentence."""

"""Model versions: what each was taught, which is in use where, and moving that pointer."""

from collections.abc import Callable, Mapping, Sequence

from app.services.authorship import checked_author, now
from app.services.catalogue import Snapshot, read_snapshot, versions_in_use
from app.services.errors import NothingToRollBackError, UnknownVersionError, VersionLacksProductError
from app.services.figures import comparable_images, figures
from app.services.lesson_result import changes
from app.services.views import VersionComparison, VersionName, VersionView
from storage.records import Version
from storage.workspace import Work, Workspace


class VersionsService:
    """Lists and compares versions, and puts them into use product by product."""

    def __init__(self, workspace: Workspace, after_change: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._after_change = after_change

    def all(self) -> tuple[VersionView, ...]:
        """Return every version, the newest first."""
        with self._workspace.reading() as work:
            snapshot = read_snapshot(work)
            versions = sorted(work.versions.all(), key=lambda version: version.id, reverse=True)
            return tuple(_view(work, snapshot, version) for version in versions)

    def names(self) -> tuple[VersionName, ...]:
        """Return every version to choose from, the newest first; quicker than `all`."""
        with self._workspace.reading() as work:
            in_use = versions_in_use(work)
            ids = sorted(work.versions.ids(), reverse=True)
        newest_in_use = max(in_use.values(), default=0)
        return tuple(
            VersionName(
                id=version_id,
                in_use_for=_used(in_use, version_id),
                is_waiting=version_id > newest_in_use,
            )
            for version_id in ids
        )

    def in_use(self) -> dict[str, int]:
        """Return the version in use by product; products without a model are left out."""
        with self._workspace.reading() as work:
            return versions_in_use(work)

    def put_into_use(self, version_id: int, products: Sequence[str] | None, author: str) -> tuple[str, ...]:
        """Let the version judge these products (None: all it was built for) and return their names.

        Every other product keeps its version, and with it every call.

        Raises:
            UnknownVersionError, VersionLacksProductError, AuthorMissingError: nothing was changed.
        """
        name = checked_author(author)
        with self._workspace.writing() as work:
            version = require_version(work, version_id)
            chosen = tuple(products) if products is not None else version.products
            for product in chosen:
                if product not in version.products:
                    raise VersionLacksProductError(version_id, product)
            for product in chosen:
                work.in_use.put(product, version_id, name, now())
        self._after_change(name)
        return chosen

    def roll_back(self, product: str, author: str) -> int:
        """Put the version back into use that the product had before, and return its id.

        Raises:
            NothingToRollBackError: no older version has been in use here.
        """
        name = checked_author(author)
        with self._workspace.writing() as work:
            current = versions_in_use(work).get(product)
            earlier = [use.version_id for use in work.in_use.history(product)]
            older = [version for version in earlier if current is not None and version < current]
            if not older:
                raise NothingToRollBackError(product)
            work.in_use.put(product, max(older), name, now())
        self._after_change(name)
        return max(older)

    def compare(self, version_id: int, other_id: int) -> VersionComparison:
        """Compare two versions on the images both have scored; changes go from `other_id` to `version_id`."""
        with self._workspace.reading() as work:
            version = require_version(work, version_id)
            require_version(work, other_id)
            snapshot = read_snapshot(work)
            new, old = work.scores.summaries(version_id), work.scores.summaries(other_id)
            taught = frozenset(lesson_images(work, version))
        same = comparable_images(snapshot, new, old)
        return VersionComparison(
            version_id=version_id,
            other_id=other_id,
            changes=changes(snapshot, old, new, taught),
            figures=figures(snapshot, new, same),
            other_figures=figures(snapshot, old, same),
        )


def require_version(work: Work, version_id: int) -> Version:
    version = work.versions.get(version_id)
    if version is None:
        raise UnknownVersionError(version_id)
    return version


def lesson_images(work: Work, version: Version) -> tuple[int, ...]:
    """Return the images a version has been taught, each once."""
    revisions = work.revisions.get_many(version.lessons)
    return tuple(dict.fromkeys(revision.image_id for revision in revisions.values()))


def _used(in_use: Mapping[str, int], version_id: int) -> tuple[str, ...]:
    return tuple(product for product, used in sorted(in_use.items()) if used == version_id)


def _view(work: Work, snapshot: Snapshot, version: Version) -> VersionView:
    in_use = snapshot.versions_in_use
    scores = work.scores.summaries(version.id)
    used = _used(in_use, version.id)
    return VersionView(
        id=version.id,
        parent_id=version.parent_id,
        kind=version.kind.value,
        author=version.author,
        created_at=version.created_at,
        products=version.products,
        in_use_for=used,
        lesson_images=lesson_images(work, version),
        good_images=len(version.good_image_ids),
        settings=version.settings,
        report=version.report,
        figures=figures(snapshot, scores, comparable_images(snapshot, scores)),
        is_waiting=not used and version.id > max(in_use.values(), default=0),
    )

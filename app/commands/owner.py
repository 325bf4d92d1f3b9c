"""Whoever owns the workspace: this process, or a server that runs already and is asked over HTTP."""

import getpass
import json
import mimetypes
import secrets
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from app.commands.outcome import IN_USE, CommandFailedError
from app.services.jobs import StageReport

SECONDS_TO_ANSWER = 600


@dataclass(frozen=True)
class JobState:
    """Where a job stands, from here or from there."""

    state: str
    stage: str
    done: int
    total: int
    is_active: bool
    error: str | None
    result: Mapping[str, Any]


@dataclass(frozen=True)
class FolderToImport:
    root: Path
    layout: str
    product: str | None
    name_pattern: str | None
    facts_file: Path | None


class Owner(Protocol):
    """What commands ask of the owner."""

    def start_import(self, folder: FolderToImport) -> int: ...
    def preview_import(self, folder: FolderToImport) -> Mapping[str, Any]: ...
    def preview_export(self, layout: str, product: str | None) -> Mapping[str, Any]: ...
    def start_export(self, folder: Path, layout: str, product: str | None) -> int: ...
    def start_fit(self, settings: Mapping[str, object] | None = None) -> int: ...
    def start_teach(self) -> int: ...
    def job(self, job_id: int) -> JobState: ...
    def current_job(self) -> int | None: ...
    def cancel(self, job_id: int) -> None: ...
    def score(
        self, files: Sequence[Path], product: str | None, with_heatmaps: bool, report: StageReport
    ) -> Iterator[dict[str, Any]]: ...
    def close(self) -> None: ...


def open_owner(options: Namespace, must_exist: bool = True) -> Owner:
    """Own the workspace, or find the server that does.

    Raises:
        CommandFailedError: there is no workspace (and one is needed), or its owner can't be asked.
    """
    from app.services import open_services
    from app.services.errors import WorkspaceInUseError
    from storage.owner import pass_of

    folder: Path = options.workspace
    author = options.author or _user()
    if must_exist and not (folder / "workspace.json").exists():
        raise CommandFailedError(f"There is no workspace in {folder}. Make one with: import, or demo.")
    try:
        return LocalOwner(open_services(folder, device=options.device), author)
    except WorkspaceInUseError as error:
        if error.address is None:
            raise CommandFailedError(str(error), IN_USE) from error
        return RemoteOwner(error.address, author, options.key, pass_of(folder))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "command line"


class LocalOwner:
    """This process owns the workspace."""

    def __init__(self, services: Any, author: str) -> None:
        self.services = services
        self._author = author

    def start_import(self, folder: FolderToImport) -> int:
        from app.services.image_facts import chosen

        facts = chosen(folder.name_pattern, folder.facts_file)
        job: int = self.services.importing.start_folder(
            folder.root, folder.layout, folder.product, self._author, facts
        )
        return job

    def preview_import(self, folder: FolderToImport) -> Mapping[str, Any]:
        return asdict(self.services.importing.preview(folder.root, folder.layout, folder.product))

    def preview_export(self, layout: str, product: str | None) -> Mapping[str, Any]:
        return asdict(self.services.exporting.preview(layout, product))

    def start_export(self, folder: Path, layout: str, product: str | None) -> int:
        return int(self.services.exporting.start(self._author, layout, product, folder.absolute()))

    def start_fit(self, settings: Mapping[str, object] | None = None) -> int:
        return int(self.services.teaching.start_fit(self._author, settings))

    def start_teach(self) -> int:
        return int(self.services.teaching.start_teach(self._author))

    def job(self, job_id: int) -> JobState:
        job = self.services.teaching.job(job_id)
        return JobState(job.state, job.stage, job.done, job.total, job.is_active, job.error, job.result or {})

    def current_job(self) -> int | None:
        job = self.services.teaching.current()
        return job.id if job and job.kind != "export" else None  # an export is somebody else's

    def cancel(self, job_id: int) -> None:
        self.services.teaching.cancel(job_id)

    def score(
        self, files: Sequence[Path], product: str | None, with_heatmaps: bool, report: StageReport
    ) -> Iterator[dict[str, Any]]:
        from app.services.views import IncomingFile

        incoming = [IncomingFile(str(path), path=path) for path in files]
        for score in self.services.scoring.score_each(incoming, product, report, with_heatmaps):
            yield vars(score)

    def close(self) -> None:
        self.services.close()


class RemoteOwner:
    """A server that runs already."""

    def __init__(self, address: str, author: str, key: str | None, owner_pass: str | None = None) -> None:
        self.address = address.rstrip("/")
        self._headers = {"X-Twinbank-Author": quote(author)}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        if owner_pass:
            self._headers["X-Twinbank-Owner"] = owner_pass

    def start_import(self, folder: FolderToImport) -> int:
        body = {
            "root": str(folder.root.resolve()),
            "layout": folder.layout,
            "product": folder.product,
            "name_pattern": folder.name_pattern,
            "facts_file": str(folder.facts_file.resolve()) if folder.facts_file else None,
        }
        return int(self._ask("POST", "/api/import/folder", body)["job"])

    def preview_import(self, folder: FolderToImport) -> Mapping[str, Any]:
        body = {"root": str(folder.root.resolve()), "layout": folder.layout, "product": folder.product}
        found: Mapping[str, Any] = self._ask("POST", "/api/import/preview", body)
        return found

    def preview_export(self, layout: str, product: str | None) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._ask(
            "POST", "/api/export/preview", {"layout": layout, "product": product}
        )
        return found

    def start_export(self, folder: Path, layout: str, product: str | None) -> int:
        body = {"folder": str(folder.resolve()), "layout": layout, "product": product}
        return int(self._ask("POST", "/api/export", body)["job"])

    def start_fit(self, settings: Mapping[str, object] | None = None) -> int:
        return int(self._ask("POST", "/api/fit", {"settings": settings})["job"])

    def start_teach(self) -> int:
        return int(self._ask("POST", "/api/teach", {})["job"])

    def job(self, job_id: int) -> JobState:
        job = self._ask("GET", f"/api/jobs/{job_id}")
        names = ("state", "stage", "done", "total", "is_active", "error")
        return JobState(**{name: job[name] for name in names}, result=job["result"] or {})

    def current_job(self) -> int | None:
        job = self._ask("GET", "/api/jobs/current")
        return int(job["id"]) if job and job["kind"] != "export" else None

    def cancel(self, job_id: int) -> None:
        self._ask("POST", f"/api/jobs/{job_id}/cancel", {})

    def score(
        self, files: Sequence[Path], product: str | None, with_heatmaps: bool, report: StageReport
    ) -> Iterator[dict[str, Any]]:
        import base64

        for number, path in enumerate(files):
            report("Scoring files", number, len(files))
            fields = {"product": product or "auto", "heatmaps": "true" if with_heatmaps else "false"}
            body, content_type = multipart(fields, path)
            found = self._ask("POST", "/api/score", body, content_type)["scores"][0]
            found["heatmap_png"] = base64.b64decode(found["heatmap_png"]) if found["heatmap_png"] else None
            yield {**found, "name": str(path)}
        report("Scoring files", len(files), len(files))

    def close(self) -> None:
        """Nothing is held here."""

    def _ask(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> Any:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {**self._headers, **({"Content-Type": content_type} if data is not None else {})}
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise CommandFailedError(self._sentence(error)) from error
        except OSError as error:
            raise CommandFailedError(
                f"Twinbank should be running at {self.address}, but does not answer ({error}).", IN_USE
            ) from error

    def _sentence(self, error: urllib.error.HTTPError) -> str:
        if error.code == 401:
            return f"Twinbank at {self.address} asks for its access key: give it with --key."
        try:
            return str(json.load(error)["detail"])
        except (json.JSONDecodeError, KeyError, TypeError):
            return f"Twinbank at {self.address} answered {error.code} {error.reason}."


def multipart(fields: Mapping[str, str], file: Path) -> tuple[bytes, str]:
    """Return a form with one file as a request's body, and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{quote(file.name)}"\r\n'
    parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + file.read_bytes() + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"

"""Images out: to a folder below the workspace's `exports`, and from there as one file; elsewhere only for who runs Twinbank."""

from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.routes.archive import archived
from app.routes.bodies import Author, ExportBody, ExportPreviewBody, OwnerPass
from app.services import Services
from app.services.errors import InvalidRequestError, OwnerOnlyError
from app.services.views import KeptExport


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api")
    exporting = services.exporting

    @routes.post("/export/preview")
    def preview(body: ExportPreviewBody) -> dict[str, object]:
        return asdict(exporting.preview(body.layout, body.product or None))

    @routes.post("/export")
    def export(author: Author, body: ExportBody, owner_pass: OwnerPass = None) -> dict[str, object]:
        if body.folder is not None and not services.is_owner(owner_pass):
            raise OwnerOnlyError(
                "Where an export lies is chosen here: leave out the folder and fetch the export as one file. Into a "
                "folder of this machine it is written by who runs Twinbank, with: python3 launch.py export FOLDER."
            )
        folder = None if body.folder is None else Path(body.folder.strip())
        if folder is not None and not folder.is_absolute():
            raise InvalidRequestError("Type the whole path of the new folder, from the root on.")
        return {"job": exporting.start(author, body.layout, body.product or None, folder)}

    @routes.get("/exports")
    def kept() -> dict[str, object]:
        return {"exports": [_kept_json(export) for export in exporting.kept()]}

    @routes.get("/exports/{job_id}/archive")
    def archive(job_id: int) -> StreamingResponse:
        folder = exporting.kept_folder(job_id)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(folder.name)}.zip"}
        return StreamingResponse(archived(folder), media_type="application/zip", headers=headers)

    @routes.delete("/exports/{job_id}")
    def remove(job_id: int, _author: Author) -> dict[str, object]:
        exporting.remove(job_id)
        return {"ok": True}

    return routes


def _kept_json(export: KeptExport) -> dict[str, object]:
    return {**asdict(export), "at": export.at.isoformat()}

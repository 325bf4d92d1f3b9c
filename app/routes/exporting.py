"""Images out, to a folder of this machine."""

from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter

from app.routes.bodies import Author, ExportBody, ExportPreviewBody
from app.services import Services
from app.services.errors import InvalidRequestError
from app.services.importing import silent


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api/export")

    @routes.post("/preview")
    def preview(body: ExportPreviewBody) -> dict[str, object]:
        return asdict(services.exporting.preview(body.layout, body.product or None))

    @routes.post("")
    def export(_author: Author, body: ExportBody) -> dict[str, object]:
        folder = Path(body.folder.strip()).expanduser()
        if not folder.is_absolute():
            raise InvalidRequestError("Type the whole path of the new folder, from the root on.")
        return asdict(services.exporting.export(folder, body.layout, body.product or None, silent))

    return routes

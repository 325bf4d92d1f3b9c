"""Images in: uploads from a page or a program, or a folder that this machine can read."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from app.routes.bodies import Author, FolderBody, PreviewBody
from app.services import Services
from app.services.image_facts import chosen
from app.services.importing import as_json
from app.services.views import ImageFacts, IncomingFile

Text = Annotated[str | None, Form()]


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api/import")

    @routes.post("/files")
    def files(
        author: Author,
        files: Annotated[list[UploadFile], File()],
        product: Annotated[str, Form()],
        verdict: Text = None,
        lot: Text = None,
        part: Text = None,
        shot: Text = None,
        station: Text = None,
    ) -> dict[str, object]:
        incoming = (IncomingFile(file.filename or "unnamed", file.file.read()) for file in files)
        facts = ImageFacts(lot or None, part or None, shot or None, station or None)
        return as_json(services.importing.import_files(incoming, product, author, verdict or None, facts))

    @routes.post("/preview")
    def preview(body: PreviewBody) -> dict[str, object]:
        return asdict(services.importing.preview(Path(body.root), body.layout, body.product or None))

    @routes.post("/folder")
    def folder(author: Author, body: FolderBody) -> dict[str, object]:
        facts = chosen(body.name_pattern, Path(body.facts_file) if body.facts_file else None)
        return {
            "job": services.importing.start_folder(Path(body.root), body.layout, body.product, author, facts)
        }

    return routes

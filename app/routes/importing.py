"""Images in: uploads from a page or a program, or a folder that this machine can read."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from app.routes.bodies import Author, FolderBody, OwnerPass, PreviewBody
from app.routes.guard import Access
from app.services import Services
from app.services.errors import OwnerOnlyError
from app.services.image_facts import chosen
from app.services.importing import as_json
from app.services.views import ImageFacts, IncomingFile

Text = Annotated[str | None, Form()]


def router(services: Services, access: Access) -> APIRouter:
    routes = APIRouter(prefix="/api/import")

    def readable(text: str, owner_pass: str | None) -> Path:
        """Return the path, if who asks may have it read; what lies there is not looked at before."""
        path = Path(text).resolve()
        if access.key is None or services.is_owner(owner_pass):
            return path
        if any(path.is_relative_to(folder.resolve()) for folder in access.import_from):
            return path
        named = ", ".join(map(str, access.import_from))
        raise OwnerOnlyError(
            f"Only what lies in {named} is imported from here; anything else from this computer, or there by who runs "
            "Twinbank, with: python3 launch.py import FOLDER."
            if named
            else "Folders of the machine that Twinbank runs on are imported there, by who runs it: python3 launch.py import "
            "FOLDER. "
            "From here, choose the images of this computer."
        )

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

    @routes.get("/folders")
    def folders() -> dict[str, object]:
        """Which folders of this machine a page may offer: any, or those below some."""
        return {"any": access.key is None, "below": [str(folder) for folder in access.import_from]}

    @routes.post("/preview")
    def preview(body: PreviewBody, owner_pass: OwnerPass = None) -> dict[str, object]:
        root = readable(body.root, owner_pass)
        return asdict(services.importing.preview(root, body.layout, body.product or None))

    @routes.post("/folder")
    def folder(author: Author, body: FolderBody, owner_pass: OwnerPass = None) -> dict[str, object]:
        root = readable(body.root, owner_pass)
        facts_file = readable(body.facts_file, owner_pass) if body.facts_file else None
        facts = chosen(body.name_pattern, facts_file)
        return {"job": services.importing.start_folder(root, body.layout, body.product, author, facts)}

    return routes

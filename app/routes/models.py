"""Versions and scores for programs: which version is in use, and what it says of a file."""

import base64
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from app.routes.bodies import Author, InUseBody, RollBackBody
from app.services import Services
from app.services.importing import silent
from app.services.scoring import FileScore
from app.services.views import IncomingFile, VersionView

Json = dict[str, object]


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/versions")
    def versions() -> Json:
        return {"versions": [_version_json(version) for version in services.versions.all()]}

    @routes.post("/versions/{version_id}/put-into-use")
    def put_into_use(version_id: int, body: InUseBody, author: Author) -> Json:
        return {"products": list(services.versions.put_into_use(version_id, body.products, author))}

    @routes.post("/versions/roll-back")
    def roll_back(body: RollBackBody, author: Author) -> Json:
        return {"version_id": services.versions.roll_back(body.product, author)}

    @routes.post("/score")
    def score(
        files: Annotated[list[UploadFile], File()],
        product: Annotated[str, Form()] = "auto",
        heatmaps: Annotated[bool, Form()] = False,
    ) -> Json:
        incoming = [IncomingFile(file.filename or "unnamed", file.file.read()) for file in files]
        asked = None if product == "auto" else product
        scores = services.scoring.score_files(incoming, asked, silent, heatmaps)
        return {"scores": [_score_json(score) for score in scores]}

    return routes


def _version_json(version: VersionView) -> Json:
    return {**asdict(version), "created_at": version.created_at.isoformat()}


def _score_json(score: FileScore) -> Json:
    heatmap = base64.b64encode(score.heatmap_png).decode() if score.heatmap_png else None
    return {**asdict(score), "heatmap_png": heatmap}

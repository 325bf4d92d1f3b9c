"""Drafts for the painter."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.canvas import run_lengths
from app.services import Services
from app.services.assist import MaskDrafts

Json = dict[str, object]
LONGEST_STROKE = 5000  # points


class StrokeBody(BaseModel):
    points: list[tuple[float, float]] = Field(min_length=1, max_length=LONGEST_STROKE)
    blind: bool = False  # a second look: without the model


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.post("/images/{image_id}/drafts")
    def from_stroke(image_id: int, body: StrokeBody) -> Json:
        found = services.assist.from_stroke(image_id, body.points, is_blind=body.blind)
        offers = [{"method": offer.method, **_json(offer.drafts)} for offer in found.offers]
        return {"offers": offers, "uses_model": found.uses_model}

    @routes.get("/images/{image_id}/drafts")
    def from_model(image_id: int) -> Json:
        return _json(services.assist.from_model(image_id))

    @routes.get("/images/{image_id}/drafts/similar")
    def from_similar(image_id: int, defect_type: str = "") -> Json:
        found = services.assist.from_similar(image_id, defect_type or None)
        return {"image_id": found.image_id, "name": found.name, **_json(found.drafts)}

    return routes


def _json(found: MaskDrafts) -> Json:
    drafts = [run_lengths.encode_piece(one.pixels, one.top, one.left, found.width) for one in found.pieces]
    return {"drafts": drafts, "proposed": found.proposed}

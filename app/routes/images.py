"""Lists of images, their paintings and verdicts."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from app.routes.bodies import (
    Author,
    DefectTypeBody,
    ManyVerdictsBody,
    PaintingBody,
    TakeBackBody,
    UnsavedBody,
    VerdictBody,
    card_json,
    details_json,
    painting_json,
    version_number,
)
from app.routes.painted_runs import KnownPaintings, PaintedRuns
from app.services import Services
from app.services.views import DefectTypeView, ImageFilter

Json = dict[str, object]


class FilterQuery(BaseModel):
    product: str | None = None
    verdict: str | None = None
    call: str | None = None
    kept_for_testing: bool | None = None
    painted: bool | None = None
    min_score: float | None = None
    max_score: float | None = None
    text: str = ""
    order: str = "name"
    limit: int | None = Field(default=None, ge=1)  # cards at most; "total" says how many match
    after: int | None = None  # an image: the cards behind its place, and no "total"

    @model_validator(mode="before")
    @classmethod
    def leave_out_empty(cls, values: Mapping[str, object]) -> dict[str, object]:
        """An empty value in the address means the same as leaving it out."""
        return {name: value for name, value in values.items() if value != ""}


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api")
    _add_lists(routes, services)
    _add_paintings(routes, services)
    _add_verdicts(routes, services)
    return routes


def _add_lists(routes: APIRouter, services: Services) -> None:
    @routes.get("/images")
    def images(wanted: Annotated[FilterQuery, Query()]) -> JSONResponse:
        asked = ImageFilter(**wanted.model_dump(exclude={"limit", "after"}))
        cards = services.browsing.find(asked, wanted.limit, wanted.after)
        if wanted.after is not None:
            return JSONResponse({"images": [card_json(card) for card in cards]})
        is_whole = wanted.limit is None or len(cards) < wanted.limit
        total = len(cards) if is_whole else services.browsing.count(asked)
        # As it is: FastAPI would look at every value of 5,000 cards once more.
        return JSONResponse({"images": [card_json(card) for card in cards], "total": total})

    @routes.get("/images/{image_id}")
    def image(image_id: int) -> Json:
        return details_json(services.browsing.details(image_id))

    @routes.get("/images/{image_id}/nearest-good")
    def nearest_good(image_id: int, version: str = "in_use") -> Json:
        return vars(services.review.nearest_good(image_id, version_number(version)))

    @routes.delete("/images/{image_id}")
    def delete(image_id: int, author: Author) -> Json:
        services.browsing.delete(image_id, author)
        return {"ok": True}

    @routes.post("/images/{image_id}/restore")
    def restore(image_id: int, author: Author) -> Json:
        return card_json(services.browsing.restore(image_id, author))

    @routes.get("/products")
    def products() -> Json:
        return {"products": [vars(summary) for summary in services.browsing.products()]}


def _add_paintings(routes: APIRouter, services: Services) -> None:
    labelling = services.labelling
    known = KnownPaintings(labelling.painting_at)

    def _whole(body: PaintingBody, image_id: int) -> PaintedRuns:
        sent = body.runs()
        return known.after(image_id, body.base_revision, sent, body.result) if body.is_change else sent

    @routes.get("/images/{image_id}/painting")
    def painting(image_id: int) -> Json:
        return painting_json(labelling.painting(image_id))

    @routes.put("/images/{image_id}/painting")
    def save(image_id: int, body: PaintingBody, author: Author) -> Json:
        card = services.browsing.card(image_id)
        painted = _whole(body, image_id)
        saved = labelling.save_painting(image_id, body.to_draft(painted, card.width, card.height), author)
        known.put(image_id, saved.revision, painted)
        return {"ok": True, "revision": saved.revision, "saved_at": saved.saved_at.isoformat()}

    @routes.post("/images/{image_id}/patches")
    def patches(image_id: int, body: UnsavedBody) -> Json:
        card = services.browsing.card(image_id)
        layers, ignore = body.masks(card.width, card.height)
        return vars(services.lesson_patches.of(image_id, layers, ignore, body.complete))

    @routes.post("/images/{image_id}/teach-instead")
    def teach_instead(image_id: int, author: Author) -> Json:
        return card_json(labelling.teach_instead(image_id, author))

    @routes.get("/defect-types")
    def defect_types() -> Json:
        return {"defect_types": [_type_json(found) for found in labelling.defect_types()]}

    @routes.post("/defect-types", dependencies=[Depends(_require_author)])
    def add_defect_type(body: DefectTypeBody) -> Json:
        return _type_json(labelling.add_defect_type(body.name))


def _add_verdicts(routes: APIRouter, services: Services) -> None:
    @routes.post("/images/{image_id}/verdict")
    def judge(image_id: int, body: VerdictBody, author: Author) -> Json:
        services.labelling.judge([image_id], body.verdict, author, body.shown_because, body.heatmap_visible)
        return card_json(services.browsing.card(image_id))

    @routes.post("/verdicts")
    def judge_many(body: ManyVerdictsBody, author: Author) -> Json:
        verdict_ids = services.labelling.judge_many(
            body.image_ids, body.verdict, author, body.shown_because, body.heatmap_visible
        )
        return {"changed": len(verdict_ids), "verdict_ids": list(verdict_ids)}

    @routes.post("/verdicts/take-back")
    def take_back(body: TakeBackBody, author: Author) -> Json:
        return vars(services.labelling.take_back(body.verdict_ids, author))


def _require_author(_author: Author) -> None:
    """Writing needs a name, also where the row does not keep it."""


def _type_json(found: DefectTypeView) -> Json:
    return {"name": found.name, "colour": found.colour, "position": found.position}

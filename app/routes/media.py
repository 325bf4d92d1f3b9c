"""Image bytes by id: pixels, thumbnails, heatmaps. Never by path."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import FileResponse

from app.routes.bodies import version_number
from app.services import Services
from app.services.views import MediaFile

FOR_EVER = "private, max-age=31536000, immutable"  # the bytes behind a hash never change
ASK_AGAIN = "private, no-cache"
IfNoneMatch = Annotated[str | None, Header()]


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.get("/media/images/{image_id}")
    def image(image_id: int, if_none_match: IfNoneMatch = None) -> Response:
        return _file(services.browsing.pixels(image_id), if_none_match)

    @routes.get("/media/thumbnails/{image_id}")
    def thumbnail(image_id: int, if_none_match: IfNoneMatch = None) -> Response:
        return _file(services.browsing.thumbnail(image_id), if_none_match)

    @routes.get("/media/heatmaps/{image_id}.png")
    def heatmap(image_id: int, version: str = "in_use", if_none_match: IfNoneMatch = None) -> Response:
        version_id = version_number(version)
        etag = f'"score-{services.review.score_id(image_id, version_id)}"'
        headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
        if if_none_match == etag:
            return Response(status_code=304, headers=headers)
        return Response(
            services.review.heatmap_png(image_id, version_id), media_type="image/png", headers=headers
        )

    @routes.get("/media/limits/{image_id}.json")
    def limits(image_id: int, version: str = "in_use") -> dict[str, object]:
        return {"polylines": services.review.limit_contour(image_id, version_number(version))}

    @routes.get("/media/cuts/{image_id}/{left}-{top}-{right}-{bottom}.jpg")
    def cut(image_id: int, left: int, top: int, right: int, bottom: int) -> Response:
        data = services.book.cut_jpeg(image_id, (left, top, right, bottom))
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": FOR_EVER})

    return routes


def _file(file: MediaFile, if_none_match: str | None) -> Response:
    headers = {"ETag": f'"{file.etag}"', "Cache-Control": FOR_EVER}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return FileResponse(file.path, media_type=file.media_type, headers=headers)

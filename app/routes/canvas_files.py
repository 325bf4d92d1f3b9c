"""The JavaScript and CSS of our own components, and nothing else of their folder."""

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse

from app.canvas import STATIC_FOLDER, STATIC_SUFFIXES, STATIC_URL

_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


def router() -> APIRouter:
    routes = APIRouter()

    @routes.get(STATIC_URL + "/{name}")
    def static_file(name: str) -> Response:
        path = STATIC_FOLDER / name
        if path.parent != STATIC_FOLDER or path.suffix not in STATIC_SUFFIXES or not path.is_file():
            raise HTTPException(404, "There is no such file.")
        return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})

    return routes

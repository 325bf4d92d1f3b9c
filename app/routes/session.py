"""Coming in with the access key, and whether the server lives."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.routes.guard import COOKIE, Access

_FORM = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Twinbank</title></head>
<body style="font-family: sans-serif; max-width: 32rem; margin: 4rem auto">
<h1>Twinbank</h1><p>Type the access key that Twinbank printed at its start.</p>
<form action="/login" method="get"><label>Access key <input name="key" type="password" autofocus></label>
<button>Open</button></form></body></html>"""


def router(access: Access) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz")
    def healthz() -> dict[str, object]:
        return {"ok": True}

    @routes.get("/login")
    def login(key: str = "") -> Response:
        if access.key is None:
            return RedirectResponse("/", 303)
        if not access.opens(key):
            return HTMLResponse(_FORM, 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE, access.cookie_value(), httponly=True, samesite="lax", max_age=30 * 24 * 3600
        )
        return answer

    return routes

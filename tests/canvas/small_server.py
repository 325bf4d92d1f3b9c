"""A small server with the app's routes, for images it makes itself, and a page that mounts a component without Gradio."""

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import numpy as np
import uvicorn
from fastapi import FastAPI, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from PIL import Image

from app.canvas import STATIC_FOLDER, STATIC_URL, run_lengths
from app.routes.packed import Packed

PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>body{margin:8px;background:#fff}</style></head>
<body><div id="host" %s></div><script type="module">
const {mount} = await import('/static/canvas/%s');
let react = () => {};
window.events = [];
window.props = {value: %s};
window.setValue = (value) => { window.props.value = value; return react(); };
const host = {props: window.props, trigger: (name, data) => window.events.push([name, data]),
              watch: (names, callback) => { react = callback; }};
window.component = await mount(document.getElementById('host'), host);
</script></body></html>"""


def picture(width: int, height: int, seed: int) -> bytes:
    """A brushed plate with a scratch, as PNG."""
    generator = np.random.default_rng(seed)
    rows = np.linspace(120, 190, height)[:, None] + generator.normal(0, 6, (height, 1))
    plate = np.repeat(rows, width, axis=1) + generator.normal(0, 4, (1, width))
    y, x = height * 0.45, width * 0.3
    for step in range(width // 4):
        plate[int(y + step * 0.3) % height, int(x + step) % width] -= 70
    grey = np.clip(plate, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.stack([grey, grey, np.clip(grey + 8, 0, 255).astype(np.uint8)], axis=2)).save(
        file, "PNG"
    )
    return file.getvalue()


def heatmap_picture() -> bytes:
    y, x = np.mgrid[0:96, 0:128]
    heat = np.exp(-(((x - 55) / 14) ** 2 + ((y - 46) / 9) ** 2))
    rgba = np.stack([255 * heat, 90 * heat, 60 * (1 - heat), 220 * heat], axis=2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(rgba, "RGBA").save(file, "PNG")
    return file.getvalue()


@dataclass
class Stored:
    """What a server remembers of one image."""

    width: int
    height: int
    png: bytes
    revision: int = 0
    layers: list[dict[str, Any]] = field(default_factory=list)
    ignore: list[int] = field(default_factory=list)
    complete: bool = False
    saved_at: str | None = None
    author: str | None = None
    save_id: str | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # by save id
    verdict: str | None = None

    def painting(self, image_id: int) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("width", "height", "revision", "layers", "ignore")}
        return {
            "image_id": image_id,
            **kept,
            "complete": self.complete,
            "saved_at": self.saved_at,
            "author": self.author,
            "save_id": self.save_id,
        }


@dataclass
class SmallServer:
    images: dict[int, Stored] = field(default_factory=dict)
    cards: list[dict[str, Any]] = field(default_factory=list)
    saves: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    judged: list[dict[int, Any]] = field(default_factory=list)  # what many images were before, by entry
    picture_delay: float = 0.0
    save_delay: float = 0.0
    draft_delay: float = 0.0
    list_delay: float = 0.0  # of the cards behind the first ones
    types: list[dict[str, Any]] = field(default_factory=list)
    without_model: bool = False
    strokes: list[dict[str, Any]] = field(default_factory=list)  # that drafts were asked for
    similar: list[str] = field(
        default_factory=list
    )  # defect types that the most similar painting was asked for
    unsaved: list[dict[str, Any]] = field(default_factory=list)  # paintings whose patches were asked for
    nearest_good: int | None = None  # whole image, whichever is asked about
    needs_whole: bool = False  # knows nothing of what was painted before
    sizes: list[int] = field(default_factory=list)  # how many numbers came with each save
    address: str = ""

    def put(self, image_id: int, body: dict[str, Any], author: str) -> tuple[int, dict[str, Any]]:
        stored = self.images[image_id]
        self.sizes.append(sum(len(layer["runs"]) for layer in body["layers"]))
        if body.pop("is_change", False):
            if self.needs_whole or body["base_revision"] != stored.revision:
                return 412, {"detail": "send the whole painting"}
            body = changed(stored, body)
        if not author:
            return 400, {"detail": "Type your name first."}
        save_id = body.get("save_id")
        if save_id in stored.answers:
            return 200, stored.answers[save_id]
        if body["base_revision"] != stored.revision:
            return 409, {"detail": "changed meanwhile", "painting": stored.painting(image_id)}
        stored.revision += 2 if body.get("beside") else 1
        stored.layers, stored.ignore, stored.complete = body["layers"], body["ignore"], body["complete"]
        stored.saved_at, stored.author = datetime.now(UTC).isoformat(), author
        stored.save_id = save_id
        self.saves.append({"image_id": image_id, "author": author, **body})
        answer = {"ok": True, "revision": stored.revision, "saved_at": stored.saved_at}
        if save_id:
            stored.answers[save_id] = answer
        return 200, answer

    def card(self, image_id: int) -> dict[str, Any]:
        stored = self.images[image_id]
        return {
            "id": image_id, "name": f"plate_{image_id:03}.png", "width": stored.width, "height": stored.height,
            "verdict": stored.verdict, "kept_for_testing": False,
        }  # fmt: skip


def add_media(app: FastAPI, server: SmallServer) -> None:
    @app.get("/media/images/{image_id}")
    def image(image_id: int) -> Response:
        time.sleep(server.picture_delay)
        return Response(server.images[image_id].png, media_type="image/png")

    @app.get("/media/thumbnails/{image_id}")
    def thumbnail(image_id: int) -> Response:
        return Response(picture(64, 48, image_id % 7), media_type="image/png")

    @app.get("/media/heatmaps/{name}")
    def heatmap(name: str) -> Response:
        return Response(heatmap_picture(), media_type="image/png")

    @app.get("/media/limits/{name}")
    def limits(name: str) -> Any:
        return {"polylines": [[[100.0, 100.0], [200.0, 100.0], [200.0, 180.0], [100.0, 100.0]]]}


def add_labels(app: FastAPI, server: SmallServer) -> None:
    @app.get("/api/images/{image_id}/painting")
    def painting(image_id: int) -> Any:
        return server.images[image_id].painting(image_id)

    @app.put("/api/images/{image_id}/painting")
    async def save(image_id: int, request: Request, x_twinbank_author: str = Header("")) -> Response:
        time.sleep(server.save_delay)
        status, answer = server.put(image_id, in_full(await request.json()), unquote(x_twinbank_author))
        return JSONResponse(answer, status)

    @app.post("/api/images/{image_id}/verdict")
    async def judge(image_id: int, request: Request, x_twinbank_author: str = Header("")) -> Any:
        body = await request.json()
        server.verdicts.append({"image_id": image_id, "author": unquote(x_twinbank_author), **body})
        server.images[image_id].verdict = body["verdict"]
        return server.card(image_id)

    @app.post("/api/verdicts")
    async def judge_many(request: Request, x_twinbank_author: str = Header("")) -> Any:
        body = await request.json()
        server.verdicts.append({"author": unquote(x_twinbank_author), **body})
        ids = body["image_ids"]
        before = {card["id"]: card["verdict"] for card in server.cards if card["id"] in ids}
        changed = {image_id: verdict for image_id, verdict in before.items() if verdict != body["verdict"]}
        for card in server.cards:
            if card["id"] in changed:
                card["verdict"] = body["verdict"]
        server.judged.append(changed)
        return {"changed": len(changed), "verdict_ids": [len(server.judged)] if changed else []}

    @app.post("/api/verdicts/take-back")
    async def take_back(request: Request) -> Any:
        (number,) = (await request.json())["verdict_ids"]
        for card in server.cards:
            card["verdict"] = server.judged[number - 1].get(card["id"], card["verdict"])
        return {"verdicts": server.judged[number - 1], "kept": 0}

    @app.get("/api/defect-types")
    def defect_types() -> Any:
        return {"defect_types": server.types}

    @app.post("/api/defect-types")
    async def add_type(request: Request) -> Any:
        made = {"name": (await request.json())["name"], "colour": "#12a594", "position": len(server.types)}
        server.types.append(made)
        return made

    @app.get("/api/images")
    def cards(limit: int, after: int | None = None) -> Any:
        if after is None:
            return {"images": server.cards[:limit], "total": len(server.cards)}
        time.sleep(server.list_delay)
        start = [card["id"] for card in server.cards].index(after) + 1
        return {"images": server.cards[start : start + limit]}

    @app.get("/api/images/{image_id}/nearest-good")
    def nearest_good(image_id: int) -> Any:
        found = server.nearest_good
        return {"image_id": found, "sentence": f"Nearest good image: {found}" if found else "None is known."}

    @app.get("/api/images/{image_id}")
    def card(image_id: int) -> Any:
        return server.card(image_id)


def add_drafts(app: FastAPI, server: SmallServer) -> None:
    @app.post("/api/images/{image_id}/drafts")
    async def from_stroke(image_id: int, request: Request) -> Any:
        """Boxes around the stroke, ever larger; of the other method one that is wider."""
        body = await request.json()
        server.strokes.append(body)
        await asyncio.sleep(server.draft_delay)
        x, y = zip(*body["points"], strict=True)
        drafts = [boxed(server, image_id, x, y, room) for room in (4, 10, 20)]
        other = [boxed(server, image_id, x, y, 30)]
        offers = [
            {"method": "brush", "drafts": drafts, "proposed": 1},
            {"method": "watershed", "drafts": other, "proposed": 0},
        ]
        return {"offers": offers, "uses_model": not body["blind"] and not server.without_model}

    @app.post("/api/images/{image_id}/patches")
    async def patches(image_id: int, request: Request) -> Any:
        """2 x 2 patches: one anomalous, one left alone, one good, one unsaid."""
        server.unsaved.append(in_full(await request.json()))
        if server.without_model:
            return JSONResponse({"detail": "There is no model yet."}, 404)
        return {"rows": 2, "columns": 2, "patches": [3, 1, 2, 0], "sentence": "1 as scratch."}

    @app.get("/api/images/{image_id}/drafts")
    def from_model(image_id: int) -> Any:
        if server.without_model:
            return JSONResponse({"detail": "There is no model yet."}, 404)
        return {"drafts": [boxed(server, image_id, (100, 200), (80, 160), 0)], "proposed": 0}

    @app.get("/api/images/{image_id}/drafts/similar")
    def from_similar(image_id: int, defect_type: str) -> Any:
        server.similar.append(defect_type)
        if server.without_model:
            return JSONResponse({"detail": "No other image is painted as this."}, 400)
        drafts = [boxed(server, image_id, (30, 70), (50, 90), 0)]
        return {"image_id": 31, "name": "plate_031.png", "drafts": drafts, "proposed": 0}


def boxed(server: SmallServer, image_id: int, x: Any, y: Any, room: int) -> list[int]:
    stored = server.images[image_id]
    mask = np.zeros((stored.height, stored.width), dtype=bool)
    mask[int(min(y)) - room : int(max(y)) + room + 1, int(min(x)) - room : int(max(x)) + room + 1] = True
    return run_lengths.encode(mask)


def build(server: SmallServer) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Packed)
    app.mount(STATIC_URL, StaticFiles(directory=STATIC_FOLDER))
    add_media(app, server)
    add_labels(app, server)
    add_drafts(app, server)

    @app.get("/page/{module}")
    def page(module: str, value: str, hidden: bool = False) -> HTMLResponse:
        return HTMLResponse(PAGE % ("hidden" if hidden else "", module, value))

    return app


def changed(stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
    """The whole painting that a change of the stored one makes."""
    before = {layer["defect_type"]: layer["runs"] for layer in stored.layers}
    for layer in body["layers"]:
        layer["runs"] = run_lengths.toggled(before.get(layer["defect_type"], []), layer["runs"])
    body["ignore"] = run_lengths.toggled(stored.ignore, body["ignore"])
    lists = [*(layer["runs"] for layer in body["layers"]), body["ignore"]]
    assert list(run_lengths.fingerprint(lists)) == body.pop("result")
    return body


def in_full(painting: dict[str, Any]) -> dict[str, Any]:
    """The painting with whole run lengths, where it came in steps."""
    if not painting.pop("steps", False):
        return painting
    for layer in painting["layers"]:
        layer["runs"] = run_lengths.from_steps(layer["runs"])
    beside = {"beside": in_full(painting["beside"])} if painting.get("beside") else {}
    return {**painting, "ignore": run_lengths.from_steps(painting["ignore"]), **beside}


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app on a free port of this machine, in a thread."""
    uvicorn_server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=uvicorn_server.run, daemon=True)
    thread.start()
    while not uvicorn_server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{uvicorn_server.servers[0].sockets[0].getsockname()[1]}"
    uvicorn_server.should_exit = True
    thread.join(timeout=10)

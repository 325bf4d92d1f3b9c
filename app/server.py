"""The one server: our own routes, the guard in front of everything, and the pages mounted at "/"."""

import os
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Timer

from fastapi import FastAPI, Request

from app.routes import (
    assist,
    canvas_files,
    errors,
    exporting,
    images,
    importing,
    jobs,
    media,
    models,
    session,
)
from app.routes.guard import Access, Guard, host_name
from app.routes.packed import Packed
from app.services import Services
from app.settings import PORTS_TRIED, Settings, is_loopback

LARGEST_UPLOAD = "64mb"
SECONDS_TO_SHUT_DOWN = 3


class NoFreePortError(OSError):
    """Every port that was tried is taken."""


def build_server(services: Services, access: Access) -> FastAPI:
    """Return the application without pages: everything a program can ask for."""
    app = FastAPI(title="Twinbank", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.add_middleware(Packed)
    app.add_middleware(Guard, access=access)  # added last: it stands in front
    errors.install(app)
    app.include_router(session.router(access))
    app.include_router(importing.router(services, access))
    for part in (media, images, assist, exporting, jobs, models):
        app.include_router(part.router(services))
    app.include_router(canvas_files.router())
    return app


def mount_pages(app: FastAPI, services: Services, access: Access) -> None:
    """Mount the Gradio pages at "/", behind the same guard."""
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1"
    )  # before the import: nothing calls home
    import gradio as gr

    from app import shell, theme

    def user(request: Request) -> str | None:
        cookie, authorization = request.headers.get("cookie", ""), request.headers.get("authorization", "")
        return "inspector" if access.is_let_in(cookie, authorization) else None

    gr.mount_gradio_app(
        app,
        shell.build_app(services),
        path="/",
        theme=theme.THEME,
        css=theme.CSS,
        head=theme.HEAD,
        auth_dependency=user if access.key is not None else None,
        blocked_paths=[str(services.path.resolve())],
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=LARGEST_UPLOAD,
        show_error=True,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )


def access_for(settings: Settings) -> Access:
    """Return the names this server answers to, and the key it asks for."""
    names = {"localhost", "127.0.0.1", "::1", settings.host, *settings.extra_hosts}
    if not is_loopback(settings.host):
        names |= _own_names()
    return Access(
        frozenset(host_name(name if ":" not in name else f"[{name}]") for name in names),
        settings.access_key,
        settings.import_from,
    )


def bind(settings: Settings) -> tuple[socket.socket, Settings]:
    """Listen on the port asked for, or the next free one, and return the socket with the settings it really has.

    Two servers started in the same moment may both bind a port; only one of them can listen on it.

    Raises:
        NoFreePortError: 50 ports in a row are taken.
        OSError: the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    for port in range(settings.port, min(settings.port + PORTS_TRIED, 65536)):
        opened = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((settings.host, port))
            opened.listen()
        except OSError:
            opened.close()
            if port == settings.port and not _is_taken(settings.host, port, family):
                raise
            continue
        return opened, replace(settings, port=port)
    last = min(settings.port + PORTS_TRIED, 65536) - 1
    raise NoFreePortError(f"All ports from {settings.port} to {last} are taken; name another with --port.")


def address_of(settings: Settings) -> str:
    """Return the address to open in a browser."""
    host = settings.host
    if host in ("0.0.0.0", "::"):
        host = _lan_address()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def serve(
    app: FastAPI, opened: socket.socket, settings: Settings, path: str, say: Callable[[str], None]
) -> None:
    """Serve until Ctrl+C; says the address once the server answers.

    Args:
        path: where the browser starts, e.g. "/"; said with the address.
    """
    import uvicorn

    address = address_of(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=SECONDS_TO_SHUT_DOWN,
        server_header=False,
        proxy_headers=False,
    )
    say(f"Twinbank is open at {address}{path.removesuffix('/')}")
    if settings.access_key is not None:
        say(f"Others come in by {address}/login?key={settings.access_key}")
    if settings.opens_browser:
        start = f"{address}/login?key={settings.access_key}" if settings.access_key else f"{address}{path}"
        Timer(0.8, webbrowser.open, [start]).start()
    uvicorn.Server(config).run(sockets=[opened])


def _own_names() -> set[str]:
    name = socket.gethostname()
    names = {name, f"{name}.local", socket.getfqdn(), _lan_address()}
    with suppress(OSError):
        names |= {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    return names


def _lan_address() -> str:
    """Return the address that others on the network see, or this machine's name; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address kept for documentation
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def _is_taken(host: str, port: int, family: int) -> bool:
    """Tell a port in use from an address this machine does not have: there even port 0 can't be bound."""
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        try:
            trial.bind((host, 0))
        except OSError:
            return False
    return True

"""Settings and workspaces small enough for tests: the product's own detector, services and server, in seconds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.services import Services, open_services
from app.settings import Settings
from core.config import DmadConfig

SMALL = DmadConfig(
    image_size=128,
    coreset_minimum=60,
    outlier_limit=100,
    fit_steps=10,
    teach_steps=15,
    folds=2,
    head_width=32,
)
# Where only the path through the code counts, not what the head learns.
TINY = replace(
    SMALL,
    head_width=8,
    fit_steps=2,
    teach_steps=2,
    outlier_limit=20,
    batch_normal=32,
    batch_seen=8,
    reservoir=400,
)


def open_small(path: Path) -> Services:
    """Open a workspace whose models are small."""
    return open_services(path, device="cpu", config=SMALL.to_json())


@contextmanager
def pages_served(services: Services, settings: Settings) -> Iterator[str]:
    """The real server with its pages, on a thread of this process; yields its address."""
    import uvicorn

    from app.server import access_for, bind, build_server, mount_pages

    opened, bound = bind(settings)
    access = access_for(bound)
    app = build_server(services, access)
    mount_pages(app, services, access)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    while not server.started:
        assert thread.is_alive(), "The server ended before it answered."
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{bound.port}"
    finally:
        server.should_exit = True
        thread.join(20)
        opened.close()

"""serve and demo: open the app."""

import importlib
import signal
import threading
import webbrowser
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.outcome import DONE, IN_USE, WRONG_USE, CommandFailedError
from app.commands.owner import LocalOwner
from app.commands.progress_line import ProgressLine
from app.commands.working import follow_lesson, show_lesson
from app.settings import Settings, is_loopback, new_access_key

if TYPE_CHECKING:
    from app.services import Services

DEMO_AUTHOR = "demo"
OWN_NAME = "Twinbank"


def serve(options: Namespace) -> int:
    settings = _settings(options)
    with_demo = not (settings.workspace / "workspace.json").exists() and not options.empty
    return _open(settings, with_demo)


def demo(options: Namespace) -> int:
    return _open(_settings(options), with_demo=True)


def _open(settings: Settings, with_demo: bool) -> int:
    from app.services import open_services
    from app.services.errors import WorkspaceInUseError

    try:
        services = open_services(settings.workspace, device=settings.device, author_default=settings.author)
    except WorkspaceInUseError as error:
        return _already_open(error.address, settings, str(error))
    signal.signal(signal.SIGTERM, _leave_in_order)
    # The pages take seconds to import: they do so while the demo's training process works.
    threading.Thread(target=importlib.import_module, args=("app.shell",), daemon=True).start()
    with closing(services):
        start = _build_demo(services, settings) if with_demo else "/"
        _serve(services, settings, start)
    return DONE


def _build_demo(services: "Services", settings: Settings) -> str:
    """Make the demo where it is not there yet, and return where the browser starts."""
    if not services.browsing.has_model():
        print("Building a demo workspace: parts rendered here, four products, a model of their good parts.")
        services.worker.warm_up()
        owner = LocalOwner(services, DEMO_AUTHOR)
        with ProgressLine() as line:
            services.demo.build(
                DEMO_AUTHOR, line, fit=lambda: show_lesson(follow_lesson(owner, owner.start_fit()))
            )
    image_id = services.demo.opening_image()
    if image_id is None:
        return "/"
    # Who comes in with an access key starts on the first page.
    opens_by_itself = settings.opens_browser and settings.access_key is None
    how = "that opens now" if opens_by_itself else "(open the address below)"
    print(f"The model passes one defective part {how}: paint its defect and press Teach.")
    return f"/?open=label&image={image_id}&welcome=demo"


def _serve(services: "Services", settings: Settings, start: str) -> None:
    from app import server

    try:
        opened, bound = server.bind(settings)
    except server.NoFreePortError:
        raise
    except OSError as error:
        raise CommandFailedError(f"{settings.host} can't be served from ({error}).", WRONG_USE) from error
    with opened:
        access = server.access_for(bound)
        app = server.build_server(services, access)
        server.mount_pages(app, services, access)
        services.announce(server.address_of(bound))
        services.worker.warm_up()
        services.scoring.score_missing(OWN_NAME)  # what a stop in mid-work left
        server.serve(app, opened, bound, start, lambda text: print(text, flush=True))


def _already_open(address: str | None, settings: Settings, sentence: str) -> int:
    if address is None:
        raise CommandFailedError(sentence, IN_USE)
    print(f"Twinbank is already open at {address}")
    if settings.opens_browser:
        webbrowser.open(address)
    return DONE


def _leave_in_order(_number: int, _frame: object) -> None:
    raise SystemExit(DONE)


def _settings(options: Namespace) -> Settings:
    key = None if is_loopback(options.host) else new_access_key()
    return Settings(
        workspace=Path(options.workspace),
        device=options.device,
        host=options.host,
        port=options.port,
        opens_browser=not options.no_browser,
        access_key=key,
        extra_hosts=tuple(options.allow_host),
        author=options.author,
        import_from=tuple(options.import_from),
    )

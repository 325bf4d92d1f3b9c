"""A Chromium for the browser tests: the system's, or one that is installed for them."""

import os
import shutil
import subprocess
from typing import Dict, Iterable, List, Optional

from launching import LaunchError
from launching.environment import Project, say
from launching.processes import run

VARIABLE = "TWINBANK_CHROMIUM"  # where the tests read the path
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
ADVICE = (
    "No Chromium for the browser tests.\nInstall Chromium or Google Chrome (Debian: apt install chromium), "
    "or name one: TWINBANK_CHROMIUM=/path/to/chromium"
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)


def get(
    project: Project, environment: Dict[str, str], places: Iterable[str] = PLACES, may_use_apt: bool = True
) -> Optional[str]:
    """Find a Chromium or install one; None when there is none to be had.

    Raises:
        LaunchError: if there is none and CI=true: a test that did not run must not look like one that passed.
    """
    found = on_system(environment, places) or playwrights_own(project, environment)
    if found is None and may_use_apt and can_use_apt():
        install_with_apt()
        found = on_system(environment, places)
    if found is None:
        say("No Chromium on this system: letting Playwright download one for the browser tests.")
        if run([project.python, "-m", "playwright", "install", "chromium"], environment=environment) == 0:
            found = playwrights_own(project, environment)
    if found is None:
        if is_ci(environment):
            raise LaunchError(ADVICE)
        say(ADVICE + "\nThe browser tests are left out this time.")
    return found


def on_system(environment: Dict[str, str], places: Iterable[str] = PLACES) -> Optional[str]:
    """The one that TWINBANK_CHROMIUM names, else one on PATH, else one where installers put it."""
    named = environment.get(VARIABLE)
    if named:
        if not os.path.exists(named):
            raise LaunchError("{} names {}, which does not exist.".format(VARIABLE, named))
        return named
    on_path = [shutil.which(name, path=environment.get("PATH")) for name in NAMES]
    there: List[str] = [path for path in on_path if path] + [path for path in places if os.path.exists(path)]
    return there[0] if there else None


def playwrights_own(project: Project, environment: Dict[str, str]) -> Optional[str]:
    """The one that an earlier `playwright install` put into its cache."""
    try:
        done = subprocess.run(
            [project.python, "-c", ASK_PLAYWRIGHT],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = done.stdout.decode("utf-8", "replace").strip()
    return path if done.returncode == 0 and os.path.exists(path) else None


def can_use_apt(release: str = "/etc/os-release", user: Optional[int] = None) -> bool:
    """Debian as root. Not Ubuntu: its package only fetches a snap, which tests cannot drive."""
    if user is None:
        user = getattr(os, "geteuid", lambda: 1)()
    try:
        with open(release, encoding="utf-8") as file:
            lines = [line.strip().replace('"', "") for line in file]
    except OSError:
        return False
    return user == 0 and "ID=debian" in lines and shutil.which("apt-get") is not None


def install_with_apt() -> None:
    """Install Debian's package and say so; a failure shows in that there is still no Chromium."""
    say("Installing the system package `chromium` for the browser tests (apt-get install -y chromium) ...")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-q"], environment=environment, output=2)
    run(["apt-get", "install", "-y", "-q", "chromium"], environment=environment, output=2)


def is_ci(environment: Dict[str, str]) -> bool:
    return environment.get("CI", "").lower() in ("true", "1")

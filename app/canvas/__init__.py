"""What is drawn by our own JavaScript: the painter, the image grid and the key map.

The modules beside this file are plain ES modules, served as they are at /static/canvas/<file>.
"""

from pathlib import Path

STATIC_FOLDER = Path(__file__).resolve().parent
STATIC_SUFFIXES = (".js", ".css")
STATIC_URL = "/static/canvas"

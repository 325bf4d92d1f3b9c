"""How a component of ours comes to life inside Gradio: an empty element that imports its module from our server.

Gradio puts `js_on_load` into a function with `element`, `props`, `trigger` and `watch`. It also reads that text to learn
which events a component has: each must stand in it in quotes.
"""

import json

from app.canvas import STATIC_URL

EMPTY_TEMPLATE = "<div></div>"  # never changes, so Gradio never touches what the module builds in its place

_ON_LOAD = """
const events = EVENTS;
const send = (name, data) => { if (events.includes(name)) trigger(name, data); };
const root = (window.gradio_config && window.gradio_config.root) || '';
import(root + 'ADDRESS')
  .then((module) => module.mount(element, {props, trigger: send, watch}))
  .catch((error) => { element.textContent = 'This part of the page could not be loaded. Reload the page.'; throw error; });
"""


def on_load(module: str, events: tuple[str, ...]) -> str:
    """The `js_on_load` that mounts one of our modules, named like "mask_canvas.js"."""
    address = f"{STATIC_URL}/{module}"
    return _ON_LOAD.replace("EVENTS", json.dumps(events)).replace("ADDRESS", address)


def calling(module: str, function: str) -> str:
    """The `js` of an event that calls a function of one of our modules with the values of the event's inputs."""
    return f"""async (...values) => {{
  const root = (window.gradio_config && window.gradio_config.root) || '';
  const {{ {function} }} = await import(root + '{STATIC_URL}/{module}');
  return {function}(...values);
}}"""

"""An answer reaches the page, however late the page hears that the stream before it has ended."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import app
from app.services.views import IncomingFile
from tests.e2e.conftest import Running
from tests.e2e.inspector import Inspector
from tests.services.parts import part

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A slow line: with `holding` set, a stream comes to the page whole and only when `release` is called.
SLOW_LINE = """
const quick = window.fetch.bind(window);
window.fetch = async (resource, options) => {
  const response = await quick(resource, options);
  if (!window.holding || !response.url.includes("/queue/data")) return response;
  window.holding = false;
  const whole = await response.text();
  await new Promise((resolve) => { window.release = resolve; });
  return new Response(whole, response);
};
"""

# A server that takes the question "a" and ends the stream without an answer to it: it was called off.
CALLED_OFF = """
let streams = 0;
window.fetch = async (request) => {
  if (String(request.url ?? request).endsWith("/queue/join")) return Response.json({ event_id: "a" });
  if (++streams > 1) throw new Error("a second stream");
  return new Response('data: {"msg":"process_completed","event_id":"b"}\\n\\ndata: {"msg":"close_stream"}\\n\\n');
};
"""
ASK_AND_HEAR = """async () => {
  await (await fetch("http://twinbank/queue/join")).json();
  await new Promise((resolve) => setTimeout(resolve));
  return (await fetch("http://twinbank/queue/data")).text();
}"""

# A server that takes its time with the first question only.
SLOW_AT_FIRST = """
const said = [];
window.fetch = async (request) => {
  const name = new URL(request).search;
  said.push(`${name} sent`);
  await new Promise((resolve) => setTimeout(resolve, name === "?first" ? 300 : 0));
  said.push(`${name} taken`);
  if (name === "?lost") throw new TypeError("no connection");
  return Response.json({ event_id: name });
};
"""
ASK_AT_ONCE = """async () => {
  const asked = ["first", "lost", "last"].map((name) => fetch(`http://twinbank/queue/join?${name}`).catch(() => {}));
  await Promise.all(asked);
  return said;
}"""


def test_questions_reach_the_server_in_the_order_of_asking(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SLOW_AT_FIRST)
    page.add_script_tag(path=Path(app.__file__).with_name("answers.js"))
    in_turn = [f"?{name} {state}" for name in ("first", "lost", "last") for state in ("sent", "taken")]
    assert page.evaluate(ASK_AT_ONCE) == in_turn
    page.close()


def test_a_question_called_off_keeps_no_stream_open(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=CALLED_OFF)
    page.add_script_tag(path=Path(app.__file__).with_name("answers.js"))
    assert "close_stream" in page.evaluate(ASK_AND_HEAR)
    page.close()


def test_what_is_asked_while_the_stream_ends_is_answered(inspector: Inspector, running: Running) -> None:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(3)]
    images = running.services.importing.import_files(files, "plate", "Ada").image_ids
    running.services.labelling.judge(images[:2], "good", "Ada")
    inspector.page.add_init_script(SLOW_LINE)
    inspector.come()
    page = inspector.page
    count = page.locator(".tb-grid-count")
    expect(count).to_have_text("3 images")
    inspector.settled()

    page.evaluate("window.holding = true")
    page.locator("#tw-filter-verdict input").click()
    page.locator('li[aria-label="Good"]').click()
    page.wait_for_function("Boolean(window.release)")
    with page.expect_response("**/queue/join**"):
        page.locator("#tw-search :is(input, textarea)").click()
        page.keyboard.type("plate-0")
    page.wait_for_timeout(500)  # the page reads that its question was taken
    page.evaluate("window.release()")
    expect(count).to_have_text("1 image")

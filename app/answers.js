// @ts-check
/**
 * Questions reach the server in the order of asking: each is sent when the one before was taken. Sent side by side, a
 * quick person's second step may overtake the first, whose answer then opens the image they have left.
 *
 * And no answer is lost. A page of Gradio asks with `queue/join` and hears the answers on one stream, `queue/data`, which
 * the server ends when it has answered everything. What is asked while that end is on its way is answered on the next
 * stream, but the page still takes the old one for open and opens no other before it asks again: the answer would
 * come late or never. Here the end is kept from the page while an answer is to come, and the stream goes on.
 */

(() => {
  const ASK = "/queue/join";
  const HEAR = "/queue/data";
  const BETWEEN = "\n\n"; // messages of a stream
  const fetchAsBefore = window.fetch.bind(window);

  /** @type {Promise<any>} the last question, taken */
  let asked = Promise.resolve();
  /** @type {Set<Promise<void>>} questions without a name yet */
  const beingAsked = new Set();
  /** @type {Set<string>} names of questions without an answer */
  const waiting = new Set();
  /** @type {Set<string>} answered before the page was told the question's name */
  const early = new Set();

  /** @param {Response} response to a question */
  async function remember(response) {
    const { event_id: name } = await response.json();
    if (name && !early.delete(name)) waiting.add(name);
  }

  /** @param {Promise<Response>} asking */
  function expectName(asking) {
    const named = asking.then((response) => remember(response.clone())).catch(() => {}); // not taken: the page says so itself
    const told = named.then(() => {
      beingAsked.delete(told);
      if (!beingAsked.size) early.clear();
    });
    beingAsked.add(told);
  }

  /** @returns {Promise<boolean>} whether an answer is to come, once the questions under way have their names */
  async function isWaiting() {
    while (!waiting.size && beingAsked.size) {
      await Promise.race(beingAsked);
      await new Promise((resolve) => setTimeout(resolve)); // the page reads the name, too
    }
    return waiting.size > 0;
  }

  /** @param {string} text of a message @returns {boolean} whether it is the stream's last */
  function isEnd(text) {
    if (!text.startsWith("data:")) return false;
    const { msg, event_id: name } = JSON.parse(text.slice("data:".length));
    if (msg === "process_completed" && !waiting.delete(name) && beingAsked.size) early.add(name);
    return msg === "close_stream";
  }

  /**
   * @param {Request} request
   * @param {Response} first answer to it
   * @param {Set<string>} beforeFirst names that waited when it was sent
   * @returns {ReadableStream<Uint8Array>}
   */
  function goingOn(request, first, beforeFirst) {
    const encoder = new TextEncoder();
    /** @type {ReadableStreamDefaultReader<string>} */
    let reader;

    /**
     * @param {Response} response
     * @param {Set<string>} before
     * @param {ReadableStreamDefaultController} page
     * @returns {Promise<boolean>} whether it ended for the page too
     */
    async function pass(response, before, page) {
      if (!response.body) return true;
      reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let [hasEnd, rest] = [true, ""];
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const texts = (rest + read.value).split(BETWEEN);
        rest = texts.pop() ?? "";
        for (const text of texts) {
          if (isEnd(text)) {
            before.forEach((name) => waiting.delete(name)); // the server has nothing more for them: they were called off
            hasEnd = !(await isWaiting());
            if (!hasEnd) continue;
          }
          page.enqueue(encoder.encode(text + BETWEEN));
        }
      }
      return hasEnd;
    }

    return new ReadableStream({
      async start(page) {
        try {
          let hasEnd = await pass(first, beforeFirst, page);
          while (!hasEnd) {
            const before = new Set(waiting);
            hasEnd = await pass(await fetchAsBefore(request), before, page);
          }
          page.close();
        } catch (error) {
          page.error(error);
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    });
  }

  window.fetch = async (resource, options) => {
    const address = new URL(resource instanceof Request ? resource.url : resource, document.baseURI);
    if (address.pathname.endsWith(ASK)) {
      const asking = asked.then(() => fetchAsBefore(resource, options));
      asked = asking.catch(() => {});
      expectName(asking);
      return asking;
    }
    if (!address.pathname.endsWith(HEAR)) return fetchAsBefore(resource, options);
    const request = new Request(resource, options);
    const before = new Set(waiting);
    const response = await fetchAsBefore(request);
    if (!response.ok || !response.body) return response;
    return new Response(goingOn(request, response, before), response);
  };
})();

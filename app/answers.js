// @ts-check
/**
 * No answer is lost. A page of Gradio asks with `queue/join` and hears the answers on one stream, `queue/data`, which
 * the server ends when it has answered everything. What is asked while that end is on its way is answered on the next
 * stream, but the page still takes the old one for open and opens no other before it asks again: the answer would
 * come late or never. Here the end is kept from the page while an answer is to come, and the stream goes on.
 */

(() => {
  const ASK = "/queue/join";
  const HEAR = "/queue/data";
  const BETWEEN = "\n\n"; // messages of a stream
  const fetchAsBefore = window.fetch.bind(window);

  let beingAsked = 0; // questions without a name yet
  /** @type {Set<string>} names of questions without an answer */
  const waiting = new Set();
  /** @type {Set<string>} answered before the page was told the question's name */
  const early = new Set();

  /** @param {Promise<Response>} asking */
  async function remember(asking) {
    beingAsked++;
    try {
      const { event_id: name } = await (await asking).clone().json();
      if (name && !early.delete(name)) waiting.add(name);
    } catch {
      // not taken: the page says so itself
    } finally {
      beingAsked--;
      if (!beingAsked) early.clear();
    }
  }

  /**
   * @param {string} text of a message
   * @param {Set<string>} before names that waited when its stream was asked for
   * @returns {boolean} whether it goes on to the page
   */
  function passes(text, before) {
    if (!text.startsWith("data:")) return true;
    const message = JSON.parse(text.slice("data:".length));
    if (message.msg === "process_completed" && !waiting.delete(message.event_id) && beingAsked) early.add(message.event_id);
    if (message.msg !== "close_stream") return true;
    before.forEach((name) => waiting.delete(name)); // the server has nothing more for them: they were called off
    return !waiting.size && beingAsked <= early.size;
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
        const passing = texts.filter((text) => passes(text, before));
        if (passing.length < texts.length) hasEnd = false;
        if (passing.length) page.enqueue(encoder.encode(passing.join(BETWEEN) + BETWEEN));
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
      const asking = fetchAsBefore(resource, options);
      void remember(asking);
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

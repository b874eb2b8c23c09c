// Server-sent events out of the body of a fetch: an EventSource can send neither a question nor a header.

/**
 * Yield the data of each event.
 * @param {ReadableStream<BufferSource>} body
 * @returns {AsyncGenerator<string>}
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = whole(rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      yield* blocks.map(dataOf).filter((data) => data !== "");
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Return a text whose lines all end alike; a carriage return at its end stays, the other half may be on its way.
 * @param {string} text
 */
function whole(text) {
  return text.replace(/\r\n|\r(?!$)/g, "\n");
}

/** @param {string} block comments, which keep the connection open, have no data */
function dataOf(block) {
  const lines = block.split("\n").filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
}

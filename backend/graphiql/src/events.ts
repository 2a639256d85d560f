import { type GraphQLRequest, type HeaderMap, type PostOptions, readReply, type Reply, request } from "./api";

/** The replies of a subscription, until the server completes it: server-sent events over POST. Throws as `post` does. */
export async function* subscribe(endpoint: string, body: GraphQLRequest, headers: HeaderMap, { signal, answered }: PostOptions): AsyncGenerator<Reply> {
  const response = await request(endpoint, body, { accept: "text/event-stream", ...headers }, signal);
  answered?.(response.status);
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await readReply(response);
    return;
  }
  for await (const { event, data } of events(pieces(response.body))) {
    if (event === "complete") return;
    if (event === "next") yield JSON.parse(data) as Reply;
  }
  throw new Error("The connection to the API was lost. Run the subscription again to go on.");
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Server-sent events, however the text was cut; comments (heartbeats) are passed over. */
export async function* events(text: AsyncIterable<string>): AsyncGenerator<{ event: string; data: string }> {
  let rest = "";
  for await (const piece of text) {
    const blocks = (rest + piece).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split(/\r?\n/);
      const event = values(lines, "event").at(-1);
      if (event) yield { event, data: values(lines, "data").join("\n") };
    }
  }
}

function values(lines: readonly string[], field: string): string[] {
  return lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ""));
}

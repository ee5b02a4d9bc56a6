// The network below the peer: every request it makes or gets is written down,
// and on loopback TLS is taken off, since handles are always looked up by https.
export const sent = [];

export const scheme = (headers) => (headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "cavage" : "");

const plain = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const before = new Request(input, init);
  const url = new URL(before.url);
  if (url.hostname !== "127.0.0.1") throw new TypeError("nothing but loopback can be reached: " + url.host);
  let request = before;
  if (url.protocol === "https:") {
    url.protocol = "http:";
    request = new Request(url, before);
  }
  const entry = { method: request.method, url: url.href, scheme: scheme(request.headers), status: 0 };
  sent.push(entry);
  const response = await plain(request, { redirect: init?.redirect ?? before.redirect });
  entry.status = response.status;
  return response;
};

/** The Request that a request of node:http stands for. */
export async function toRequest(message) {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2) headers.append(message.rawHeaders[i], message.rawHeaders[i + 1]);
  const parts = [];
  for await (const part of message) parts.push(part);
  const body = ["GET", "HEAD"].includes(message.method) ? undefined : Buffer.concat(parts);
  return new Request(`http://${message.headers.host}${message.url}`, { method: message.method, headers, body });
}

/** Writes a Response to a response of node:http. */
export async function answer(response, out) {
  out.writeHead(response.status, Object.fromEntries(response.headers));
  out.end(Buffer.from(await response.arrayBuffer()));
}

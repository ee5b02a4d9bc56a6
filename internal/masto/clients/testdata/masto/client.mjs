// Calls the API through masto.js. Each line of the standard input is an order
// {url, token, call, args, pages}; call names a method as apps write it, with
// the id of what it is about in brackets: "v1.statuses[12].favourite". With
// pages, all pages of a list are followed. An argument {$file, type, name} is a
// file, its content in base64. The answer is one line: {result} or {error, status}.
//
// {url, token, listen, args} subscribes to a stream, as in "hashtag.local";
// {heard} then gives its next event, waiting for it.
import { createInterface } from "node:readline";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient, MastoHttpError } from "masto";

let socket, events, next;

function unpack(v) {
  if (v === null || typeof v !== "object") return v;
  if (v.$file) return new File([Buffer.from(v.$file, "base64")], v.name, { type: v.type });
  if (Array.isArray(v)) return v.map(unpack);
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, unpack(x)]));
}

async function listen({ url, token, listen, args }) {
  socket = createStreamingAPIClient({ streamingApiUrl: url, accessToken: token });
  await socket.prepare();
  let at = socket;
  for (const name of listen.split(".")) at = at[name];
  events = at.subscribe(...(args ?? [])).values();
  next = events.next(); // it subscribes when first asked for an event
  // Nothing says when the server has taken a subscription: notes to oneself tell.
  const notes = createRestAPIClient({ url, accessToken: token }).v1.statuses;
  for (;;) {
    const { id } = await notes.create({ status: "Essai", visibility: "direct" });
    let heard = await Promise.race([next, new Promise((done) => setTimeout(done, 300))]);
    if (!heard) continue;
    while (heard.value.payload.id !== id) heard = await events.next();
    next = events.next();
    return;
  }
}

async function carryOut({ url, token, call, args, pages }) {
  let at = call.startsWith("oauth.") ? createOAuthAPIClient({ url }) : createRestAPIClient({ url, accessToken: token });
  const steps = [...call.replace(/^oauth\./, "").matchAll(/([^.[\]]+)|\[([^\]]+)\]/g)];
  for (const [i, [, name, id]] of steps.entries()) {
    if (id !== undefined) at = at.$select(id);
    else if (i < steps.length - 1) at = at[name];
    else at = at[name](...(args ?? []).map(unpack));
  }
  if (!pages) return await at;
  const all = [];
  for await (const page of at) all.push(page);
  return all;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const order = JSON.parse(line);
    let result;
    if (order.listen) result = await listen(order);
    else if (order.heard) [result, next] = [(await next).value, events.next()];
    else result = await carryOut(order);
    answer = { result: result ?? null };
  } catch (e) {
    answer = { error: e.message, status: e instanceof MastoHttpError ? e.statusCode : 0 };
  }
  console.log(JSON.stringify(answer));
}
socket?.close();

// Calls the API through megalodon. Each line of the standard input is an order
// {url, token, call, args}; call is a method of the library, or "detect", which
// asks what kind of server it is. An argument {$file} is a file of that path.
// The answer is one line: {result} or {error, status}.
//
// {url, token, listen, args} opens a stream, as in "userStreaming"; {heard}
// then gives what the next event of that name brings, waiting for it.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import generator, { detector } from "megalodon";

// The library tells there of sockets that close; the answers stand alone.
console.log = console.error;

let stream;
const heard = new Map(), waiting = new Map();

function take(name, v) {
  const next = waiting.get(name)?.shift();
  if (next) next(v);
  else heard.set(name, [...(heard.get(name) ?? []), v]);
}

async function listen({ url, token, listen, args }) {
  stream = await generator("mastodon", url, token)[listen](...(args ?? []));
  for (const name of ["update", "status_update", "notification", "delete", "conversation"]) stream.on(name, (v) => take(name, v));
  stream.on("error", (e) => console.error(e));
  await new Promise((done) => stream.once("connect", done));
}

function next(name) {
  const had = heard.get(name)?.shift();
  return had ?? new Promise((done) => waiting.set(name, [...(waiting.get(name) ?? []), done]));
}

async function carryOut({ url, token, call, args }) {
  if (call === "detect") return await detector(url);
  const answer = await generator("mastodon", url, token)[call](...(args ?? []).map((a) => (a?.$file ? createReadStream(a.$file) : a)));
  return answer?.headers ? answer.data : answer;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const order = JSON.parse(line);
    let result;
    if (order.listen) result = await listen(order);
    else if (order.heard) result = await next(order.heard);
    else result = await carryOut(order);
    answer = { result: result ?? null };
  } catch (e) {
    answer = { error: e.response?.data?.error ?? e.message, status: e.response?.status ?? 0 };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
stream?.stop();

// Calls the API through masto.js. Each line of the standard input is an order
// {url, token, call, args, pages}; call names a method as apps write it, with
// the id of what it is about in brackets: "v1.statuses[12].favourite". With
// pages, all pages of a list are followed. The answer is one line: {result} or
// {error, status}.
import { createInterface } from "node:readline";
import { createOAuthAPIClient, createRestAPIClient, MastoHttpError } from "masto";

async function carryOut({ url, token, call, args, pages }) {
  let at = call.startsWith("oauth.") ? createOAuthAPIClient({ url }) : createRestAPIClient({ url, accessToken: token });
  const steps = [...call.replace(/^oauth\./, "").matchAll(/([^.[\]]+)|\[([^\]]+)\]/g)];
  for (const [i, [, name, id]] of steps.entries()) {
    if (id !== undefined) at = at.$select(id);
    else if (i < steps.length - 1) at = at[name];
    else at = at[name](...(args ?? []));
  }
  if (!pages) return await at;
  const all = [];
  for await (const page of at) all.push(page);
  return all;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { result: (await carryOut(JSON.parse(line))) ?? null };
  } catch (e) {
    answer = { error: e.message, status: e instanceof MastoHttpError ? e.statusCode : 0 };
  }
  console.log(JSON.stringify(answer));
}

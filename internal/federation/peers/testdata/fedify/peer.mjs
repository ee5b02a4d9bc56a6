// A small ActivityPub server built on fedify, for the tests: it has any number
// of actors, verifies what arrives, remembers it, and does what it is told by
// POST /control with a JSON object {do, as, …}. It says where it listens in one
// line on its standard output and ends when its standard input does.
import { createServer } from "node:http";
import { Temporal } from "@js-temporal/polyfill";
import { answer, scheme, sent, toRequest } from "./wire.mjs";
import { describe } from "./describe.mjs";
import { createFederation, MemoryKvStore, parseNodeInfo, generateCryptoKeyPair, signRequest, signObject, verifyObject, verifyJsonLd } from "@fedify/fedify";
import {
  Accept, Activity, Announce, Collection, Create, Delete, Endpoints, Follow, LanguageString, Like, Mention, Note, Object as APObject, Person,
  PUBLIC_COLLECTION, Tombstone, Undo, Update, getActorHandle,
} from "@fedify/fedify/vocab";

const atHand = new Set([
  "https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", "https://w3id.org/security/data-integrity/v2", "https://w3id.org/identity/v1",
]);
const actors = new Map(); // name → {shown, guarded, keys, notes, told (whom a note was sent to), outbox, followers, activities}
const received = []; // what arrived in an inbox, in order
const errors = [];
let base;

/** An instance of fedify that tries one signature scheme first. */
function speaks(firstKnock) {
  const f = createFederation({
    kv: new MemoryKvStore(),
    origin: base,
    allowPrivateAddress: true,
    firstKnock,
    userAgent: { software: "maillage-test-peer/1" },
    onOutboxError: (e) => errors.push("outbox: " + e),
  });
  f.setActorDispatcher("/users/{identifier}", async (ctx, name) => {
    if (!actors.has(name)) return null;
    const keys = await ctx.getActorKeyPairs(name);
    return new Person({
      id: ctx.getActorUri(name),
      preferredUsername: name,
      name: actors.get(name).shown,
      summary: "<p>Une personne d’ailleurs</p>",
      url: new URL("/@" + name, base),
      inbox: ctx.getInboxUri(name),
      outbox: ctx.getOutboxUri(name),
      followers: ctx.getFollowersUri(name),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((k) => k.multikey),
    });
  })
    .setKeyPairsDispatcher((ctx, name) => actors.get(name)?.keys ?? [])
    .authorize(mayAsk);
  f.setFollowersDispatcher("/users/{identifier}/followers", (ctx, name) => ({ items: [...actors.get(name).followers.values()] }));
  f.setOutboxDispatcher("/users/{identifier}/outbox", (ctx, name) => ({ items: actors.get(name).outbox }));
  f.setObjectDispatcher(Note, "/users/{name}/notes/{id}", (ctx, { name, id }) => actors.get(name)?.notes.get(id) ?? null)
    .authorize((ctx, { name }) => mayAsk(ctx, name));
  f.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "fedify-peer", version: "2.3.6" },
    protocols: ["activitypub"],
    usage: { users: {}, localPosts: 0, localComments: 0 },
  }));
  f.setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .on(Follow, async (ctx, follow) => {
      await remember(ctx, follow);
      const who = await follow.getActor(loaders(ctx));
      const name = ctx.parseUri(follow.objectId).identifier;
      actors.get(name).followers.set(who.id.href, who);
      const accept = new Accept({ id: fresh(name, "accept"), actor: follow.objectId, to: who.id, object: follow });
      await ctx.sendActivity({ identifier: name }, who, accept);
    })
    .on(Activity, remember)
    .onUnverifiedActivity((ctx, activity, reason) => {
      received.push({ type: activity.constructor.name, id: activity.id?.href ?? "", verified: false, scheme: ctx.data.scheme, reason: reason.type });
    })
    .onError((ctx, e) => errors.push("inbox: " + (e.stack ?? e)));
  return f;
}

// Some actors show themselves and what they wrote only to those who sign.
const mayAsk = async (ctx, name) => !actors.get(name)?.guarded || (await ctx.getSignedKeyOwner()) != null;

// fedify calls this only for activities whose signature it has verified.
async function remember(ctx, activity) {
  received.push({ verified: true, ...ctx.data, ...(await describe(activity, loaders(ctx))) });
}

const loaders = (ctx) => ({ documentLoader: ctx.documentLoader, contextLoader: ctx.contextLoader });
let count = 0;
const fresh = (name, kind) => new URL(`/users/${name}/${kind}/${++count}`, base);

const server = createServer(async (message, out) => {
  try {
    const request = await toRequest(message);
    if (new URL(request.url).pathname === "/control") {
      await answer(await control(await request.json()), out);
      return;
    }
    const data = { scheme: scheme(request.headers) };
    await answer(await federations.cavage.fetch(request, { contextData: data }), out);
  } catch (e) {
    errors.push("server: " + (e.stack ?? e));
    out.writeHead(500).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
base = `http://127.0.0.1:${server.address().port}`;
const federations = { cavage: speaks("draft-cavage-http-signatures-12"), rfc9421: speaks("rfc9421") };

async function control(order) {
  try {
    const ctx = federations[order.scheme ?? "rfc9421"].createContext(new Request(base), {});
    const result = await orders[order.do](ctx, order);
    return Response.json(result ?? {});
  } catch (e) {
    return Response.json({ error: String(e.stack ?? e), status: e.statusCode ?? 0 }, { status: 500 });
  }
}

/** Somebody or something elsewhere, fetched with a signature of `as`. */
async function find(ctx, order, what) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: order.as });
  return await ctx.lookupObject(what, { documentLoader, allowPrivateAddress: true });
}

async function need(ctx, order, what) {
  const o = await find(ctx, order, what);
  if (o == null) throw new Error("not found: " + what);
  return o;
}

/** Sends an activity to followers and to the actors named, and tells its id. */
async function send(ctx, order, activity, people = []) {
  const me = actors.get(order.as);
  me.activities.set(activity.id.href, { activity, people });
  const recipients = new Map([...me.followers, ...people.map((p) => [p.id.href, p])]);
  await ctx.sendActivity({ identifier: order.as }, [...recipients.values()], activity, { preferSharedInbox: true });
  return { id: activity.id.href, object: activity.objectId?.href ?? "" };
}

const orders = {
  async actor(ctx, { as }) {
    if (!actors.has(as)) {
      const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
      const keys = [await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]), await generateCryptoKeyPair("Ed25519")];
      actors.set(as, { shown: as[0].toUpperCase() + as.slice(1), keys, notes: new Map(), told: new Map(), outbox: [], followers: new Map(), activities: new Map() });
    }
    return { id: ctx.getActorUri(as).href };
  },

  /** From now on this person answers only to signed questions. */
  guard: (ctx, { as }) => {
    actors.get(as).guarded = true;
  },

  received: () => received,
  sent: () => sent,
  errors: () => errors,

  async lookup(ctx, order) {
    return { found: await describe(await find(ctx, order, order.what), loaders(ctx)) };
  },

  async webfinger(ctx, { what }) {
    return { found: await ctx.lookupWebFinger(what, { allowPrivateAddress: true }) };
  },

  async nodeinfo(ctx, { what }) {
    const links = await (await fetch(new URL("/.well-known/nodeinfo", what))).json();
    const out = [];
    for (const link of links.links.filter((l) => l.rel.startsWith("http://nodeinfo.diaspora.software/"))) {
      out.push(parseNodeInfo(await (await fetch(link.href)).json()));
    }
    return out;
  },

  async follow(ctx, order) {
    const who = await need(ctx, order, order.what);
    return await send(ctx, order, new Follow({ id: fresh(order.as, "follow"), actor: ctx.getActorUri(order.as), object: who.id, to: who.id }), [who]);
  },

  /** {html, lang, mention: [handle], replyTo, audience: public|direct} */
  async post(ctx, order) {
    const me = ctx.getActorUri(order.as);
    const people = [];
    const tags = [];
    for (const handle of order.mention ?? []) {
      const who = await need(ctx, order, handle);
      people.push(who);
      tags.push(new Mention({ href: who.id, name: await getActorHandle(who, { ...loaders(ctx), allowPrivateAddress: true }) }));
    }
    const id = String(++count);
    const open = order.audience !== "direct";
    const note = new Note({
      id: ctx.getObjectUri(Note, { name: order.as, id }),
      attribution: me,
      content: order.lang ? new LanguageString(order.html, order.lang) : order.html,
      published: Temporal.Now.instant(),
      url: new URL(`/@${order.as}/${id}`, base),
      replyTarget: order.replyTo ? new URL(order.replyTo) : null,
      tos: open ? [PUBLIC_COLLECTION] : people.map((p) => p.id),
      ccs: open ? [ctx.getFollowersUri(order.as), ...people.map((p) => p.id)] : [],
      tags,
    });
    const create = new Create({ id: fresh(order.as, "create"), actor: me, object: note, tos: note.toIds, ccs: note.ccIds, published: note.published });
    const mine = actors.get(order.as);
    mine.told.set(id, people);
    if (open) {
      mine.notes.set(id, note);
      mine.outbox.unshift(create);
    }
    return { ...(await send(ctx, order, create, people)), object: note.id.href };
  },

  async edit(ctx, order) {
    const { name, id } = ctx.parseUri(new URL(order.what)).values;
    const note = actors.get(name).notes.get(id).clone({ content: order.html, updated: Temporal.Now.instant() });
    actors.get(name).notes.set(id, note);
    return await send(ctx, order, new Update({ id: fresh(name, "update"), actor: ctx.getActorUri(name), object: note, tos: note.toIds, ccs: note.ccIds }), actors.get(name).told.get(id));
  },

  async delete(ctx, order) {
    const { name, id } = ctx.parseUri(new URL(order.what)).values;
    actors.get(name).notes.delete(id);
    const gone = new Tombstone({ id: new URL(order.what) });
    return await send(ctx, order, new Delete({ id: fresh(name, "delete"), actor: ctx.getActorUri(name), object: gone, to: PUBLIC_COLLECTION }), actors.get(name).told.get(id));
  },

  /** Changes the name that this person shows, and says so. */
  async rename(ctx, order) {
    actors.get(order.as).shown = order.what;
    const me = await ctx.getActor(order.as);
    return await send(ctx, order, new Update({ id: fresh(order.as, "update"), actor: me.id, object: me, to: PUBLIC_COLLECTION }));
  },

  /** Says that this person is gone for good. */
  async leave(ctx, order) {
    const me = ctx.getActorUri(order.as);
    return await send(ctx, order, new Delete({ id: fresh(order.as, "delete"), actor: me, object: me, to: PUBLIC_COLLECTION }));
  },

  async like(ctx, order) {
    const note = await need(ctx, order, order.what);
    const author = await need(ctx, order, note.attributionId);
    return await send(ctx, order, new Like({ id: fresh(order.as, "like"), actor: ctx.getActorUri(order.as), object: note.id }), [author]);
  },

  async announce(ctx, order) {
    const note = await need(ctx, order, order.what);
    const author = await need(ctx, order, note.attributionId);
    const boost = new Announce({
      id: fresh(order.as, "announce"), actor: ctx.getActorUri(order.as), object: note.id, published: Temporal.Now.instant(),
      to: PUBLIC_COLLECTION, ccs: [ctx.getFollowersUri(order.as), author.id],
    });
    return await send(ctx, order, boost, [author]);
  },

  /** Takes back an activity by its id. */
  async undo(ctx, order) {
    const { activity, people } = actors.get(order.as).activities.get(order.what);
    return await send(ctx, order, new Undo({ id: fresh(order.as, "undo"), actor: ctx.getActorUri(order.as), object: activity }), people);
  },

  /**
   * A Create of a note that was never sent, with the proof of `as`. It is not for
   * everybody: fedify writes that name in another way when it sends.
   */
  async prove(ctx, order) {
    const me = ctx.getActorUri(order.as);
    const id = String(++count);
    const note = new Note({ id: ctx.getObjectUri(Note, { name: order.as, id }), attribution: me, content: order.html, published: Temporal.Now.instant(), to: ctx.getFollowersUri(order.as) });
    const create = new Create({ id: fresh(order.as, "create"), actor: me, object: note, to: ctx.getFollowersUri(order.as) });
    const pairs = await ctx.getActorKeyPairs(order.as);
    const key = pairs.find((k) => k.privateKey.algorithm.name === "Ed25519");
    const signed = await signObject(create, key.privateKey, key.multikey.id, { ...loaders(ctx) });
    return { id: create.id.href, object: note.id.href, document: JSON.stringify(await signed.toJsonLd({ ...loaders(ctx), format: "compact" })) };
  },

  /** Whether the proof of a document holds, as fedify sees it. */
  async verify(ctx, order) {
    const found = await verifyObject(APObject, JSON.parse(order.what), loaders(ctx));
    return { holds: found != null, type: found == null ? "" : found.constructor.name };
  },

  /**
   * Whether the linked-data signature of a document holds, as fedify sees it. No
   * context is looked up but those that every verifier has at hand.
   */
  async linked(ctx, order) {
    const with_ = loaders(ctx);
    const named = [];
    const contextLoader = async (url, ...rest) => {
      named.push(url);
      if (!atHand.has(url)) throw new Error("context " + url + " is not at hand");
      return await with_.contextLoader(url, ...rest);
    };
    return { holds: await verifyJsonLd(JSON.parse(order.what), { ...with_, contextLoader }), named };
  },

  /** Signs a Like by RFC 9421 or draft-cavage, sends another body, and tells the status. */
  async tamper(ctx, order) {
    const [key] = await ctx.getActorKeyPairs(order.as);
    const like = new Like({ id: fresh(order.as, "like"), actor: ctx.getActorUri(order.as), object: new URL(order.what) });
    const headers = { "content-type": "application/activity+json" };
    const body = JSON.stringify(await like.toJsonLd(loaders(ctx)));
    const spec = order.scheme === "cavage" ? "draft-cavage-http-signatures-12" : "rfc9421";
    const signed = await signRequest(new Request(order.inbox, { method: "POST", headers, body }), key.privateKey, key.keyId, { spec });
    const status = async (changed) => (await fetch(new Request(order.inbox, { method: "POST", headers: signed.headers, body: changed }))).status;
    return { changed: await status(body.replace('"Like"', '"Announce"')), whole: await status(body) };
  },
};

process.stdin.resume().on("end", () => process.exit(0));
console.log(JSON.stringify({ base }));

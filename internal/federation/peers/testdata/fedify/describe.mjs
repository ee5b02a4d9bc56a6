// What fedify understood of a document, as plain JSON for the tests to judge.
import { Activity, Collection, CollectionPage, Hashtag, isActor, LanguageString, Link, Mention, Tombstone, Update, getTypeId } from "@fedify/fedify/vocab";

const kind = (o) => getTypeId(o).href.split("#").pop();
const ref = (u) => u?.href ?? "";
const text = (s) => (s == null ? "" : String(s));

async function list(items) {
  const out = [];
  for await (const x of items) out.push(x);
  return out;
}

// Each language of a text, with "" for a text of no language.
const languages = (strings) => strings.map((s) => (s instanceof LanguageString ? { text: s.toString(), lang: s.locale.baseName } : { text: s, lang: "" }));

/** Describes any object; `loaders` are used for what it refers to. */
export async function describe(o, loaders) {
  if (o == null) return null;
  const base = { type: kind(o), id: ref(o.id) };
  if (o instanceof Link) return { ...base, href: ref(o.href) };
  if (isActor(o)) return { ...base, ...(await actor(o, loaders)) };
  if (o instanceof Activity) {
    const object = await o.getObject({ ...loaders, suppressError: true });
    return { ...base, actor: ref(o.actorId), object: ref(o.objectId) || ref(object?.id), to: o.toIds.map(ref), cc: o.ccIds.map(ref), about: telling(o, object) ? await describe(object, loaders) : null };
  }
  if (o instanceof CollectionPage || o instanceof Collection) {
    const items = await list(o.getItems({ ...loaders, suppressError: true }));
    return { ...base, total: o.totalItems, items: items.map((x) => ({ type: kind(x), id: ref(x.id) })), first: ref(o.firstId) };
  }
  if (o instanceof Tombstone) return base;
  return {
    ...base,
    attributedTo: ref(o.attributionId),
    contents: languages(o.contents),
    summary: text(o.summary),
    sensitive: o.sensitive ?? false,
    to: o.toIds.map(ref),
    cc: o.ccIds.map(ref),
    inReplyTo: ref(o.replyTargetId),
    url: o.url instanceof URL ? o.url.href : ref(o.url?.href),
    published: text(o.published),
    updated: text(o.updated),
    tags: (await list(o.getTags(loaders))).filter((t) => t instanceof Mention || t instanceof Hashtag).map((t) => ({ type: kind(t), href: ref(t.href), name: text(t.name) })),
  };
}

// An actor is the news only when it changed; otherwise its id says enough.
const telling = (activity, object) => object != null && (!isActor(object) || activity instanceof Update);

async function actor(a, loaders) {
  const keys = await list(a.getPublicKeys(loaders));
  return {
    username: text(a.preferredUsername),
    name: text(a.name),
    url: a.url instanceof URL ? a.url.href : ref(a.url?.href),
    inbox: ref(a.inboxId),
    sharedInbox: ref(a.endpoints?.sharedInbox),
    outbox: ref(a.outboxId),
    followers: ref(a.followersId),
    following: ref(a.followingId),
    featured: ref(a.featuredId),
    manuallyApproves: a.manuallyApprovesFollowers ?? false,
    discoverable: a.discoverable ?? false,
    keys: keys.map((k) => ({ id: ref(k.id), owner: ref(k.ownerId), usable: k.publicKey != null })),
    multikeys: (await list(a.getAssertionMethods(loaders))).map((k) => ({ id: ref(k.id), owner: ref(k.controllerId), usable: k.publicKey != null })),
  };
}

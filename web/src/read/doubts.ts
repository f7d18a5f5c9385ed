// What is odd about who a message says that it is from, and about where its links lead. These are hints, and no verdicts. Pure.

import type { Email, EmailAddress } from "../jmap/types.ts";

export type Doubt =
  /** The name is an address, and another one than it came from. */
  | { kind: "otherAddress"; said: string; is: string }
  /** The domain has letters of several scripts, or is written in code. */
  | { kind: "letters"; domain: string }
  /** The domain looks like one that is known. */
  | { kind: "looksLike"; domain: string; known: string }
  /** Somebody of the same name wrote from another address. */
  | { kind: "otherPerson"; name: string; known: string }
  /** Answers go to a domain that has nothing to do with the sender. */
  | { kind: "answersElsewhere"; to: string }
  /** A link says one host, and leads to another. */
  | { kind: "link"; said: string; leads: string };

/** What is known of the people that one has to do with. */
export interface Known {
  /** One's own address. */
  user: string;
  /** Addresses from which somebody of the sender's name wrote. */
  sameName: readonly string[];
  /** Whether nobody wrote from that address before, and nobody wrote to it. */
  isFirst: boolean;
}

export function doubtsAbout(email: Email, known: Known): Doubt[] {
  const from = email.from?.[0];
  if (!from || same(from.email, known.user)) return [];
  return [byName(from), byDomain(from, known), byPerson(from, known), byAnswers(email, from, known)].filter((doubt) => doubt !== undefined);
}

const ADDRESS = /[^\s<>"'(),;:]+@[^\s<>"'(),;:]+\.[^\s<>"'(),;:]+/;

function byName(from: EmailAddress): Doubt | undefined {
  const said = ADDRESS.exec(from.name ?? "")?.[0];
  return said && !isKin(domainOf(said), domainOf(from.email)) ? { kind: "otherAddress", said, is: from.email } : undefined;
}

function byDomain(from: EmailAddress, known: Known): Doubt | undefined {
  const domain = domainOf(from.email);
  if (isMixed(domain)) return { kind: "letters", domain };
  const like = [known.user, ...known.sameName].map(domainOf).find((one) => !isKin(one, domain) && looksLike(one, domain));
  return like === undefined ? undefined : { kind: "looksLike", domain, known: like };
}

/** Many people have two addresses; somebody who never wrote before, and is called as somebody known, may be another. */
function byPerson(from: EmailAddress, known: Known): Doubt | undefined {
  const name = from.name?.trim() ?? "";
  const [other] = known.sameName;
  if (!known.isFirst || other === undefined || !/\s/.test(name)) return undefined;
  return known.sameName.some((one) => isKin(domainOf(one), domainOf(from.email))) ? undefined : { kind: "otherPerson", name, known: other };
}

/** Lists and shops answer from elsewhere, too: it is only odd in somebody new. */
function byAnswers(email: Email, from: EmailAddress, known: Known): Doubt | undefined {
  const to = email.replyTo?.find((one) => !isKin(domainOf(one.email), domainOf(from.email)));
  return to && known.isFirst && !isOfList(email) ? { kind: "answersElsewhere", to: to.email } : undefined;
}

/** Whether it was sent to many. */
export function isOfList(email: Email): boolean {
  return (email["header:List-Unsubscribe:asURLs"]?.length ?? 0) > 0 || (email["header:List-Post:asURLs"]?.length ?? 0) > 0;
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase().replace(/\.$/, "");
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Domains below which anybody may have one: of most countries, by how these look. */
const SHARED = /^(?:com?|org|net|edu|gov|gob|ac|or|ne)\.[a-z]{2}$/;

/** The part of a domain that somebody has: without what stands before it. */
export function owned(domain: string): string {
  const labels = domain.split(".");
  return labels.slice(SHARED.test(labels.slice(-2).join(".")) ? -3 : -2).join(".");
}

/** Whether two domains belong to the same, as far as names tell. */
export function isKin(one: string, other: string): boolean {
  return owned(one.toLowerCase()) === owned(other.toLowerCase());
}

/** Letters of more than one script in one label, or such as browsers write in code (RFC 5891). */
function isMixed(domain: string): boolean {
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];
  return domain.split(".").some((label) => label.startsWith("xn--") || scripts.filter((script) => script.test(label)).length > 1);
}

/** What people take for the same letters. */
const LIKE: readonly (readonly [RegExp, string])[] = [
  [/rn/g, "m"],
  [/vv/g, "w"],
  [/cl/g, "d"],
  [/[1|i]/g, "l"],
  [/0/g, "o"],
  [/5/g, "s"],
  [/[-_]/g, ""],
];

function skeleton(domain: string): string {
  return LIKE.reduce((text, [seen, taken]) => text.replace(seen, taken), owned(domain));
}

/** The same when one looks quickly: by its letters, or but for one letter of many. */
export function looksLike(one: string, other: string): boolean {
  const [a, b] = [skeleton(one), skeleton(other)];
  return a === b || (Math.min(a.length, b.length) >= 10 && isOneApart(a, b));
}

/** Whether one letter more, less or other makes one of the other, or two that changed places. */
function isOneApart(a: string, b: string): boolean {
  let from = 0;
  while (from < a.length && a[from] === b[from]) from += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - from && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [x, y] = [a.slice(from, a.length - end), b.slice(from, b.length - end)];
  return Math.max(x.length, y.length) <= 1 || (x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0]);
}

const LINKS_MAX = 3;
const HOST_MAX = 100;

/** Of what a body says of its links: those that lead elsewhere than they say. The body is not to be trusted in anything. */
export function doubtsOfLinks(said: unknown): Doubt[] {
  const found = new Map<string, Doubt>();
  for (const one of Array.isArray(said) ? said.slice(0, 1000) : []) {
    const [text, leads] = [hostIn(one?.said), hostIn(one?.leads)];
    if (text === undefined || leads === undefined || isKin(text, leads)) continue;
    if (found.size < LINKS_MAX) found.set(`${text} ${leads}`, { kind: "link", said: text, leads });
  }
  return [...found.values()];
}

/** The host that a text names, if it is an address or begins with one. */
export function hostIn(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > 4000) return undefined;
  const found = /^\s*(?:https?:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*)(?::\d+)?(?:[/?#]\S*)?\s*$/u.exec(text);
  const host = found?.[1]?.toLowerCase();
  // Names of files look like hosts, and mean none.
  const isFile = host !== undefined && !/:\/\//.test(text) && /\.(?:pdf|docx?|xlsx?|pptx?|zip|txt|png|jpe?g|html?|md|csv)$/.test(host);
  return host === undefined || isFile || host.length > HOST_MAX || /^[^/]*@/.test(text.trim()) ? undefined : host;
}

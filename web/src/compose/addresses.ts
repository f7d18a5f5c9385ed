// Addresses as people type and paste them (RFC 5322, 3.4): lists with commas, semicolons or lines between, groups, names with commas that
// nobody quoted, as some programs copy them. Pure.

import type { EmailAddress } from "../jmap/types.ts";

/** What was read: addresses, and what is none as it was typed. */
export interface Read {
  email: string;
  name: string | null;
  isAddress: boolean;
}

/** As many as are read of one paste. */
export const ADDRESSES_MAX = 1000;
const OCTETS_MAX = 100_000;
const NAME_PARTS_MAX = 3;

const ATOMS = /^[^\s()<>[\]:;@\\,"]+$/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;
const LITERAL = /^\[(?:[0-9.]+|IPv6:[0-9a-f:.]+)\]$/i;

/** Whether a text is an address (RFC 5321, 4.1.2; RFC 6531 for other letters). */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || local.length > 64 || domain.length > 255) return false;
  const isQuoted = /^"(?:[^"\\]|\\.)*"$/u.test(local);
  const isDotted = ATOMS.test(local) && !local.startsWith(".") && !local.endsWith(".") && !local.includes("..");
  return (isQuoted || isDotted) && (DOMAIN.test(domain) || LITERAL.test(domain));
}

/** Reads a list of addresses. */
export function parse(text: string): Read[] {
  const read: Read[] = [];
  // Words that were no address may be the first part of a name: `Silva, Ana <ana@example.org>`.
  let before: string[] = [];
  const giveUp = () => {
    read.push(...before.map((email) => ({ email, name: null, isAddress: false })));
    before = [];
  };
  for (const { text: piece, end } of pieces(text.slice(0, OCTETS_MAX))) {
    if (read.length >= ADDRESSES_MAX) break;
    if (!piece) continue;
    const one = mailbox([...before, piece].join(", "));
    const several = one ? [one] : bare(piece);
    if (several) {
      if (!one) giveUp();
      read.push(...several);
      before = [];
      continue;
    }
    before.push(piece);
    if (end !== "," || before.length > NAME_PARTS_MAX) giveUp();
  }
  giveUp();
  return read.slice(0, ADDRESSES_MAX);
}

/** Addresses with nothing but spaces between them. */
function bare(text: string): Read[] | undefined {
  const words = text.replace(/^mailto:/i, "").split(/\s+/);
  return words.every(isAddress) ? words.map((email) => ({ email, name: null, isAddress: true })) : undefined;
}

/** One mailbox: `name <address>`, or an address alone, with comments left out. */
function mailbox(text: string): Read | undefined {
  const plain = withoutComments(text).trim();
  const angled = /^(.*?)<\s*(?:mailto:)?([^<>]*?)\s*>$/isu.exec(plain);
  if (angled) {
    const [, phrase = "", email = ""] = angled;
    return isAddress(email) ? { email, name: unquoted(phrase), isAddress: true } : undefined;
  }
  const email = plain.replace(/^mailto:/i, "");
  if (!isAddress(email)) return undefined;
  // An old form: `ana@example.org (Ana Silva)`.
  const comment = /\(([^()]*)\)\s*$/u.exec(text)?.[1]?.trim();
  return { email, name: comment || null, isAddress: true };
}

/** Cuts at commas, semicolons and ends of lines that stand outside of quotes, comments and angles; the name of a group is left out. */
function pieces(text: string): { text: string; end: string }[] {
  const found: { text: string; end: string }[] = [];
  let piece = "";
  let inside: "" | '"' | "(" | "<" = "";
  const push = (end: string) => {
    found.push({ text: piece.trim().replace(/\s+/g, " "), end });
    piece = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at] ?? "";
    if (c === "\\" && (inside === '"' || inside === "(")) {
      piece += c + (text[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (inside === "") {
      if (c === '"' && closes(text, at, '"')) inside = '"';
      else if (c === "(" && closes(text, at, ")")) inside = "(";
      else if (c === "<" && closes(text, at, ">")) inside = "<";
      else if (c === "," || c === ";" || c === "\n") {
        push(c);
        continue;
      } else if (c === ":" && !/^\s*mailto$/i.test(piece) && !piece.includes("@")) {
        piece = "";
        continue;
      }
    } else if (c === { '"': '"', "(": ")", "<": ">" }[inside]) inside = "";
    piece += c;
  }
  push("");
  return found;
}

/** Whether what is opened here is closed further on in the line. */
function closes(text: string, at: number, with_: string): boolean {
  const end = text.indexOf(with_, at + 1);
  const line = text.indexOf("\n", at);
  return end >= 0 && (line < 0 || end < line);
}

function withoutComments(text: string): string {
  let depth = 0;
  let isQuoted = false;
  let kept = "";
  const isClosed = text.includes(")");
  for (const c of text) {
    if (c === '"' && depth === 0) isQuoted = !isQuoted;
    if (c === "(" && !isQuoted && isClosed) depth += 1;
    if (depth === 0) kept += c;
    if (c === ")" && !isQuoted && depth > 0) depth -= 1;
  }
  return kept;
}

function unquoted(phrase: string): string | null {
  const name = phrase
    .trim()
    .replace(/^'(.*)'$/u, "$1")
    .replace(/"((?:[^"\\]|\\.)*)"/gu, (_, inner: string) => inner.replace(/\\(.)/gu, "$1"))
    .trim();
  return name || null;
}

/** An address as it is written in a field: `"Silva, Ana" <ana@example.org>`. */
export function written({ name, email }: EmailAddress): string {
  if (!name) return email;
  const isPlain = /^[\p{L}\p{N} !#$%&'*+\-/=?^_`{|}~]+$/u.test(name);
  return `${isPlain ? name : `"${name.replace(/["\\]/g, "\\$&")}"`} <${email}>`;
}

/** By what two addresses are the same: domains in any case, and local parts as well, since no host tells them apart. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Each address once, the first one with a name that was said. */
export function unique<A extends EmailAddress>(addresses: readonly A[]): A[] {
  const found = new Map<string, A>();
  for (const address of addresses) {
    const key = address.email.toLowerCase();
    const known = found.get(key);
    if (!known) found.set(key, address);
    else if (!known.name && address.name) found.set(key, { ...known, name: address.name });
  }
  return [...found.values()];
}

/** Those that are not in another list. */
export function without<A extends EmailAddress>(addresses: readonly A[], others: readonly EmailAddress[]): A[] {
  return addresses.filter(({ email }) => !others.some((other) => same(email, other.email)));
}

// To whom an answer goes, and from which of one's own addresses. Pure.

import type { EmailAddress } from "../jmap/types.ts";
import { same, unique, without } from "./addresses.ts";
import type { Identity, Original } from "./original.ts";

export type Answering = "sender" | "all" | "list";

export interface Recipients {
  to: EmailAddress[];
  cc: EmailAddress[];
}

type Fields = Pick<Original, "from" | "replyTo" | "to" | "cc" | "bcc"> & Partial<Original>;

/** RFC 5322, 3.6.3: to Reply-To, else From; to all means To and Cc as well. Never to oneself, unless nobody else is left. What one wrote
 * oneself goes on to those it went to. Mail-Followup-To is no standard, and not looked at. */
export function recipients(original: Fields, answering: Answering, own: readonly EmailAddress[]): Recipients {
  const { from, replyTo, to, cc } = original;
  const list = listAddress(original);
  if (answering === "list" && list) return { to: [{ name: null, email: list }], cc: [] };
  const isOwn = (from ?? []).some(({ email }) => own.some((one) => same(one.email, email)));
  const author = replyTo?.length ? replyTo : (from ?? []);
  const first = isOwn ? (to ?? []) : author;
  if (answering !== "all") return { to: others(first, own), cc: [] };
  const all = others([...first, ...(to ?? [])], own);
  return { to: all, cc: without(without(unique(cc ?? []), own), all) };
}

function others(addresses: readonly EmailAddress[], own: readonly EmailAddress[]): EmailAddress[] {
  const each = unique(addresses);
  const left = without(each, own);
  return left.length > 0 ? left : each.slice(0, 1);
}

/** Whether an answer to all would reach more people than one to the sender. */
export function reachesMore(original: Fields, own: readonly EmailAddress[]): boolean {
  const all = recipients(original, "all", own);
  return all.to.length + all.cc.length > recipients(original, "sender", own).to.length;
}

/** The address of the list that it came over (RFC 2369, 3.4), if one may post there. */
export function listAddress(original: Partial<Original>): string | undefined {
  for (const url of original["header:List-Post:asURLs"] ?? []) {
    const address = /^mailto:([^?]+)/i.exec(url)?.[1];
    try {
      if (address) return decodeURIComponent(address);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The identity that a message came to, or was sent from; else the first. */
export function identityFor(original: Fields | undefined, identities: readonly Identity[]): Identity | undefined {
  if (!original) return identities[0];
  const delivered = original["header:Delivered-To:asText:all"] ?? [];
  const { from, to, cc, bcc } = original;
  const addresses = [...(from ?? []), ...(to ?? []), ...(cc ?? []), ...(bcc ?? [])].map(({ email }) => email);
  const known = [...addresses, ...delivered.map((text) => text.trim())];
  for (const matches of [same, sameBesideTag]) {
    for (const email of known) {
      const identity = identities.find((one) => matches(one.email, email));
      if (identity) return identity;
    }
  }
  return identities[0];
}

/** `ana+shop@example.org` is one's own address with a tag. */
function sameBesideTag(own: string, email: string): boolean {
  return same(own, email.replace(/\+[^@]*@/, "@"));
}

// How one leaves a mailing list (RFC 2369, 3.2; RFC 8058). Pure.

import type { EmailAddress } from "../jmap/types.ts";

/** Whether a message says that one request to its list is enough, which the host makes (RFC 8058, 3.1). The host looks closer. */
export function isOneClick(urls: readonly string[] | null | undefined, post: string | null | undefined): boolean {
  return post?.trim().toLowerCase() === "list-unsubscribe=one-click" && (urls ?? []).some((url) => /^https:/i.test(url.trim()));
}

/** A page that is opened, or a message that is written. */
export type Leaving =
  | { kind: "page"; url: string; host: string }
  | { kind: "mail"; to: string; subject: string; text: string };

/**
 * The way that a message offers. Of several the list likes the first best (RFC 2369, 2), but a page is left to its reader only where it is
 * reached over https. A page cannot send the request of RFC 8058 itself: the policy of this one lets it speak to its own host alone, which sends it.
 */
export function leaving(urls: readonly string[] | null | undefined): Leaving | undefined {
  const ways = (urls ?? []).map(way).filter((one) => one !== undefined);
  return ways.find(({ kind }) => kind === "page") ?? ways[0];
}

function way(text: string): Leaving | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  // A name and a password in an address are there to mislead.
  if (url.protocol === "https:" && url.username === "") return { kind: "page", url: url.href, host: url.host };
  return url.protocol === "mailto:" ? mail(url) : undefined;
}

/** RFC 6068, 2; other fields than these are not taken from strangers. */
function mail(url: URL): Leaving | undefined {
  const to = decoded(url.pathname).trim();
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(to)) return undefined;
  const fields = new Map(url.search.slice(1).split("&").map((field) => {
    const [name = "", ...value] = field.split("=");
    return [decoded(name).toLowerCase(), decoded(value.join("="))];
  }));
  const subject = (fields.get("subject") ?? "").replace(/\s+/g, " ").trim();
  return { kind: "mail", to, subject: subject || "unsubscribe", text: (fields.get("body") ?? "").trim() };
}

/** A plus is a plus in addresses of mail (RFC 6068, 5). */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** To which of one's addresses a message came. */
export function recipients(email: { to: EmailAddress[] | null; cc?: EmailAddress[] | null | undefined }): string[] {
  return [...(email.to ?? []), ...(email.cc ?? [])].map((one) => one.email);
}

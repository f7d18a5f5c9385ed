// The session object, and addresses made from it.

import { BASE, type Repeat, ask } from "./http.ts";
import type { Id, Session } from "./types.ts";

/** Fetches the session object (RFC 8620, 2). */
export async function fetchSession(repeat: Repeat = "safe"): Promise<Session> {
  const answer = await ask(`${BASE}jmap/session`, { headers: { Accept: "application/json" } }, repeat);
  return (await answer.json()) as Session;
}

/** Where a blob is downloaded (RFC 8620, 6.2). */
export function downloadUrl(session: Session, accountId: Id, blobId: Id, name: string, type: string): string {
  return fill(session.downloadUrl, { accountId, blobId, name, type });
}

/** Where changes are told (RFC 8620, 7.3). */
export function eventSourceUrl(session: Session, ping: number): string {
  return fill(session.eventSourceUrl, { types: "*", closeafter: "no", ping: String(ping) });
}

/** Puts values into a URL template (RFC 6570, level 1). */
export function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

/** A reference that the host gave, such as the address of a body (RFC 3986, 5). */
export function resolve(session: Session, reference: string): string {
  return new URL(reference, session.apiUrl).href;
}

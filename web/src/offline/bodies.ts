// Bodies as the host made them safe, kept for frames. The address at which the host shows one is signed and ends after ten minutes; it is kept
// nowhere. What it leads to is kept under an address of this browser alone, which the worker answers (`worker/frames.ts`) under the policy that
// confines it. Pictures that came with the message become part of it; pictures from elsewhere are never in it.

import { Refused } from "../jmap/errors.ts";
import { ask } from "../jmap/http.ts";
import { resolve } from "../jmap/session.ts";
import type { Id, SafeBodies, SafeBody, Session } from "../jmap/types.ts";
import type { Ground } from "../store/conversation.svelte.ts";
import { KEPT } from "./place.ts";
import { SCRIPT_FIELD } from "./worker/frames.ts";

export const CACHE = "correio-bodies-";
/** One body with its pictures takes at most this; a larger one is not kept. */
const BODY_OCTETS_MAX = 600_000;
const PICTURE_OCTETS_MAX = 200_000;
const PICTURES_MAX = 20;
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/;
/** The address of a picture, as the host writes it into attributes and styles. */
const SIGNED = /("|&quot;)([^"&<>\s]*\/body\/[\w-]{20,})\1/g;

const placeOf = (accountId: Id, blobId: Id) => `${KEPT}${encodeURIComponent(accountId)}/${encodeURIComponent(blobId)}`;

/** Keeps the bodies of an email; gives them with their addresses here, and how many octets they take. */
export async function keepBodies(cache: Cache, session: Session, accountId: Id, said: SafeBodies, ground: Ground): Promise<{ bodies: SafeBodies; octets: number }> {
  const bodies: SafeBody[] = [];
  let octets = 0;
  for (const body of said.bodies) {
    const document = body.url === null ? undefined : await fetchBody(session, body).catch(orNothing);
    if (!document) {
      bodies.push({ ...body, url: null });
      continue;
    }
    const url = placeOf(accountId, body.blobId);
    await cache.put(url, new Response(document.octets, { headers: { "Content-Type": document.octets.type, [SCRIPT_FIELD]: document.script } }));
    octets += document.octets.size;
    bodies.push({ ...body, url });
  }
  // What is not kept of it is said; a message without any text is whole.
  const isMissing = bodies.length > 0 && bodies.every(({ url }) => url === null);
  return { bodies: { emailId: said.emailId, expires: null, bodies, ground, isMissing }, octets };
}

/** What the host does not give is not kept; that it cannot be reached is another matter. */
function orNothing(error: unknown): undefined {
  if (!(error instanceof Refused)) throw error;
}

export async function forgetBodies(cache: Cache, bodies: SafeBodies | undefined): Promise<void> {
  for (const { url } of bodies?.bodies ?? []) if (url !== null) await cache.delete(url);
}

/** What is kept at an address: a page, and by its hash the script that may run in it; or a picture, in which none may. */
interface Kept {
  octets: Blob;
  script: string;
}

async function fetchBody(session: Session, body: SafeBody): Promise<Kept | undefined> {
  const answer = await ask(resolve(session, body.url ?? ""), {}, "safe");
  if (!body.type.startsWith("text/")) {
    const octets = await answer.blob();
    return octets.size <= PICTURE_OCTETS_MAX && PICTURE.test(octets.type) ? { octets, script: "" } : undefined;
  }
  const policy = answer.headers.get("Content-Security-Policy") ?? "";
  const [, script] = /script-src 'sha256-([A-Za-z0-9+/=]+)'/.exec(policy) ?? [];
  // A body that may load what lies elsewhere would say so.
  if (script === undefined || /\bhttps?:/.test(policy)) return undefined;
  const html = await withPictures(await answer.text(), session);
  const octets = new Blob([html], { type: "text/html; charset=utf-8" });
  return octets.size <= BODY_OCTETS_MAX ? { octets, script } : undefined;
}

/** Puts pictures of the message itself in the place of their signed addresses. */
async function withPictures(html: string, session: Session): Promise<string> {
  const addresses = new Map<string, string>();
  for (const [, , address = ""] of html.matchAll(SIGNED)) {
    if (addresses.size < PICTURES_MAX && !addresses.has(address)) addresses.set(address, (await fetchPicture(resolve(session, address))) ?? "");
  }
  return html.replace(SIGNED, (_, quote: string, address: string) => `${quote}${addresses.get(address) ?? ""}${quote}`);
}

async function fetchPicture(url: string): Promise<string | undefined> {
  try {
    const answer = await ask(url, {}, "safe");
    const blob = await answer.blob();
    if (blob.size > PICTURE_OCTETS_MAX || !PICTURE.test(blob.type)) return undefined;
    return await dataUrl(blob);
  } catch {
    // It is shown with its description in its place.
    return undefined;
  }
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("not read"));
    reader.readAsDataURL(blob);
  });
}

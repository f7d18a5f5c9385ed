import { afterEach, describe, expect, it, vi } from "vitest";
import { Unreachable } from "../jmap/errors.ts";
import type { SafeBodies, Session } from "../jmap/types.ts";
import { keepBodies } from "./bodies.ts";
import { SCRIPT_FIELD } from "./worker/frames.ts";

const HASH = `${"A".repeat(43)}=`;
const POLICY = `sandbox allow-scripts; default-src 'none'; script-src 'sha256-${HASH}'; img-src 'self' data:`;
const SIGNED = "/body/abcdefghijklmnopqrstuvwxyz";
const session = { apiUrl: "https://mail.example.org/jmap/api" } as unknown as Session;
const said = (...urls: string[]): SafeBodies => ({
  emailId: "M1",
  expires: "2026-12-01T00:00:00Z",
  bodies: urls.map((url, place) => ({ partId: String(place), blobId: `B${place}`, type: "text/html", url })),
});

/** What the host gives at which address. */
function host(pages: Record<string, () => Response>) {
  vi.stubGlobal("navigator", { onLine: false });
  vi.stubGlobal("fetch", async (url: string) => {
    const page = pages[new URL(url).pathname];
    if (!page) throw new TypeError("network");
    return page();
  });
  vi.stubGlobal(
    "FileReader",
    class {
      result = "";
      onload = () => undefined;
      readAsDataURL(blob: Blob) {
        void blob.text().then((octets) => {
          this.result = `data:${blob.type};base64,${btoa(octets)}`;
          this.onload();
        });
      }
    },
  );
  const kept = new Map<string, Response>();
  return { kept, cache: { put: async (url: string, answer: Response) => void kept.set(url, answer) } as unknown as Cache };
}

const page = (html: string, policy = POLICY) => () => new Response(html, { headers: { "Content-Security-Policy": policy } });

afterEach(() => vi.unstubAllGlobals());

describe("a body that is kept", () => {
  it("has its own pictures in it, and no address that is signed", async () => {
    const html = `<img src="${SIGNED}"><p style="background:url(&quot;${SIGNED}&quot;)">x</p><img src="${SIGNED}2">`;
    const { kept, cache } = host({
      "/body/one": page(html),
      [SIGNED]: () => new Response("png", { headers: { "Content-Type": "image/png" } }),
      [`${SIGNED}2`]: () => new Response(null, { status: 404 }),
    });
    const { bodies, octets } = await keepBodies(cache, session, "A1", said("/body/one"), "light");
    const [[url, answer] = ["", undefined]] = kept;
    expect(bodies).toMatchObject({ expires: null, ground: "light", isMissing: false, bodies: [{ url }] });
    expect(url).toMatch(/\/m\/kept\/A1\/B0$/);
    expect(answer?.headers.get(SCRIPT_FIELD)).toBe(HASH);
    const text = await answer?.text();
    expect(text).toBe('<img src="data:image/png;base64,cG5n"><p style="background:url(&quot;data:image/png;base64,cG5n&quot;)">x</p><img src="">');
    expect(octets).toBe(text?.length);
  });

  it("is none that may load pictures from elsewhere, is too large, or that the host does not give", async () => {
    const { kept, cache } = host({
      "/body/elsewhere": page("x", `${POLICY} http: https:`),
      "/body/unconfined": () => new Response("x"),
      "/body/large": page("x".repeat(700_000)),
      "/body/gone": () => new Response(null, { status: 404 }),
    });
    const { bodies, octets } = await keepBodies(cache, session, "A1", said("/body/elsewhere", "/body/unconfined", "/body/large", "/body/gone"), "light");
    expect([kept.size, octets, bodies.isMissing, bodies.bodies.map(({ url }) => url)]).toEqual([0, 0, true, [null, null, null, null]]);
  });

  it("waits where the host cannot be reached", async () => {
    const { cache } = host({});
    await expect(keepBodies(cache, session, "A1", said("/body/one"), "light")).rejects.toBeInstanceOf(Unreachable);
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Draft } from "../compose/draft.ts";
import { Client } from "../jmap/client.ts";
import { Unreachable } from "../jmap/errors.ts";
import type { Id, Patch, Session } from "../jmap/types.ts";
import { patched } from "../store/patch.ts";
import type { Deed, KeptEmail, Mail } from "./kept.ts";
import { Memory } from "./memory.ts";
import { replay } from "./replay.ts";
import { seen } from "./view.ts";

const MAIL = "urn:ietf:params:jmap:mail";
const session = {
  username: "ana@example.org",
  apiUrl: "https://mail.example.org/jmap/api",
  capabilities: { "urn:ietf:params:jmap:core": { maxCallsInRequest: 16, maxObjectsInGet: 500, maxObjectsInSet: 1000 }, [MAIL]: {} },
  accounts: { A1: { name: "ana", accountCapabilities: { [MAIL]: {} } } },
  primaryAccounts: { [MAIL]: "A1" },
  state: "s",
} as unknown as Session;

interface Stored {
  id: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  messageId: string;
  subject: string;
}

type Call = [string, Record<string, unknown>, string];

/** A host with what these tests need of one: states, `ifInState`, references to what was created, and what was sent. */
class FakeHost {
  readonly emails = new Map<Id, Stored>();
  readonly mailboxes = new Set(["inbox", "archive", "trash", "drafts", "sent"]);
  /** Each change that changed anything, in order. */
  readonly log: string[] = [];
  readonly sent: string[] = [];
  #state = 0;
  #ids = 0;

  add(messageId: string, mailboxId: string): Id {
    this.#ids += 1;
    const id = `M${this.#ids}`;
    this.emails.set(id, { id, mailboxIds: { [mailboxId]: true }, keywords: {}, messageId, subject: messageId });
    this.#state += 1;
    return id;
  }

  /** Somebody else did something. */
  touch(): void {
    this.#state += 1;
  }

  answer(body: string): string {
    const { methodCalls } = JSON.parse(body) as { methodCalls: Call[] };
    const got: Call[] = [];
    const made = new Map<string, Id>();
    for (const [name, asked, id] of methodCalls) {
      try {
        got.push([name, this.#run(name, asked, got, made), id]);
      } catch (error) {
        got.push(["error", { type: String((error as Error).message) }, id]);
      }
    }
    return JSON.stringify({ methodResponses: got, sessionState: "s" });
  }

  #run(name: string, asked: Record<string, unknown>, got: Call[], made: Map<string, Id>): Record<string, unknown> {
    const refers = asked["#ids"] as { resultOf: string } | undefined;
    const ids = (refers ? got.find(([, , id]) => id === refers.resultOf)?.[1]["ids"] : asked["ids"]) as Id[] | null;
    switch (name) {
      case "Email/get": {
        const list = (ids ?? []).flatMap((id) => this.emails.get(id) ?? []);
        return { state: String(this.#state), list, notFound: (ids ?? []).filter((id) => !this.emails.has(id)) };
      }
      case "Mailbox/get":
        return { state: "m", list: [...this.mailboxes].map((id) => ({ id, role: id })), notFound: [] };
      case "Email/query": {
        const { header } = asked["filter"] as { header: string[] };
        return { ids: [...this.emails.values()].filter(({ messageId }) => messageId === header[1]).map(({ id }) => id) };
      }
      case "Email/set":
        return this.#set(asked, made);
      case "EmailSubmission/set":
        return this.#submit(asked, made);
    }
    throw new Error("unknownMethod");
  }

  #set(asked: Record<string, unknown>, made: Map<string, Id>): Record<string, unknown> {
    if (asked["ifInState"] !== undefined && asked["ifInState"] !== String(this.#state)) throw new Error("stateMismatch");
    const created: Record<string, unknown> = {};
    const notUpdated: Record<string, unknown> = {};
    const notDestroyed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries((asked["create"] ?? {}) as Record<string, { messageId: string[]; keywords: Record<string, true> }>)) {
      const id = this.add(value.messageId[0] ?? "", "drafts");
      Object.assign(this.emails.get(id) ?? {}, { keywords: value.keywords });
      made.set(name, id);
      created[name] = { id };
      this.log.push(`draft ${value.messageId[0]}`);
    }
    for (const [id, patch] of Object.entries((asked["update"] ?? {}) as Record<Id, Patch>)) {
      const email = this.emails.get(id);
      if (!email) notUpdated[id] = { type: "notFound" };
      else this.#patch(email, patch);
    }
    for (const id of (asked["destroy"] ?? []) as Id[]) {
      if (!this.emails.delete(id)) notDestroyed[id] = { type: "notFound" };
      else this.log.push(`destroyed ${id}`);
    }
    this.#state += 1;
    return { newState: String(this.#state), created, notUpdated, notDestroyed, destroyed: [] };
  }

  #patch(email: Stored, patch: Patch): void {
    const now = patched(email, patch);
    if (JSON.stringify(sorted(now)) === JSON.stringify(sorted(email))) return;
    this.emails.set(email.id, now);
    this.log.push(`${email.id} ${JSON.stringify(sorted(now))}`);
  }

  #submit(asked: Record<string, unknown>, made: Map<string, Id>): Record<string, unknown> {
    const { submission } = asked["create"] as { submission: { emailId: string } };
    const id = made.get(submission.emailId.slice(1));
    const email = id === undefined ? undefined : this.emails.get(id);
    if (!email) throw new Error("invalidResultReference");
    this.sent.push(email.messageId);
    this.#patch(email, (asked["onSuccessUpdateEmail"] as Record<string, Patch>)["#submission"] ?? {});
    this.#state += 1;
    return { created: { submission: { id: `S${this.sent.length}` } } };
  }
}

const sorted = ({ mailboxIds, keywords }: Pick<Stored, "mailboxIds" | "keywords">) => [Object.keys(mailboxIds).sort(), Object.keys(keywords).sort()];

/** The same numbers for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return Math.floor(((state ^ (state >>> 13)) >>> 0) / 4294967296 * below);
  };
}

/** A network that loses requests, loses answers, and brings requests late that were given up. */
function network(host: FakeHost, random: (below: number) => number) {
  const late: string[] = [];
  const net = {
    isUp: true,
    isGood: false,
    /** Brings one of the requests that are under way still. */
    arrive(): void {
      const [body] = late.splice(random(Math.max(1, late.length)), 1);
      if (body !== undefined) host.answer(body);
    },
    late,
  };
  vi.stubGlobal("navigator", { onLine: false });
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    const lost = new TypeError("network");
    if (!net.isUp) throw lost;
    const what = net.isGood ? 9 : random(10);
    if (what === 0) throw lost;
    if (what === 1) {
      late.push(body);
      throw lost;
    }
    const answer = host.answer(body);
    if (what === 2) throw lost;
    if (what === 3) host.touch();
    return new Response(answer);
  });
  return net;
}

const client = () => new Client(session, { logIn: async () => undefined, reached: () => undefined, sessionChanged: () => undefined });
const upload = async () => "B1";

function mail(messageId: string, kind: "mail" | "draft" = "mail"): Mail {
  const draft = { key: messageId, emailId: null, messageId, to: [], cc: [], bcc: [], subject: messageId, attachments: [], quote: null, original: null } as unknown as Draft;
  return { kind, draft, written: { html: null, text: "Olá" }, identity: { id: "I1", name: "", email: "ana@example.org" } as Mail["identity"], at: null, files: [] };
}

afterEach(() => vi.unstubAllGlobals());

describe("what was done without a connection", () => {
  // A hundred interleavings; the seed is in the name of what fails.
  it.each(Array.from({ length: 100 }, (_, seed) => seed))("is told once and in order, whatever gets lost (%i)", async (seed) => {
    const random = numbers(seed);
    const host = new FakeHost();
    const ids = ["a", "b", "c"].map((name) => host.add(name, "inbox"));
    const place = new Memory();
    await place.put(ids.map((id) => ({ id, email: { ...host.emails.get(id) }, octets: 0, used: 0 }) as unknown as KeptEmail), [], []);
    const begin = structuredClone([...host.emails.values()]);
    const net = network(host, random);
    const did: Deed[] = [];
    const mails: string[] = [];
    const act = async () => {
      const id = ids[random(ids.length)] ?? "";
      const [from, to] = random(2) === 0 ? ["inbox", "archive"] : ["archive", "inbox"];
      const flag: Patch = { [`keywords/k${random(3)}`]: random(2) === 0 ? true : null };
      const move: Patch = { [`mailboxIds/${from}`]: null, [`mailboxIds/${to}`]: true };
      const name = `m${did.length}`;
      const deeds: Deed[] = [{ kind: "change", update: { [id]: flag } }, { kind: "change", update: { [id]: move } }, mail(name), mail(name, "draft")];
      const deed = deeds[random(4)] ?? mail(name);
      // What is not where it would be moved from was moved by nobody.
      const now = seen((await place.all()).emails, await place.items()).get(id);
      if (deed === deeds[1] && now && !(from in now.mailboxIds)) return;
      if (deed.kind === "mail" || deed.kind === "draft") mails.push(`${deed.kind} ${name}`);
      did.push(deed);
      await place.add(deed, did.length);
    };
    for (let turn = 0; turn < 60; turn += 1) {
      const what = random(6);
      if (what < 3) await act();
      else if (what === 3) net.isUp = !net.isUp;
      else if (what === 4) net.arrive();
      await replay(place, { client: client(), upload }, () => undefined).catch((error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
      });
    }
    [net.isUp, net.isGood] = [true, true];
    await replay(place, { client: client(), upload }, () => undefined);
    while (net.late.length > 0) net.arrive();
    expect(await place.items()).toEqual([]);
    // In order: what changed anything is what changes something when it is done one after the other.
    const want = new FakeHost();
    for (const one of begin) want.emails.set(one.id, one);
    const wanted: string[] = [];
    for (const deed of did) {
      if (deed.kind === "change") want.answer(JSON.stringify({ methodCalls: [["Email/set", { update: deed.update }, "0"]] }));
      wanted.push(...want.log.splice(0));
    }
    expect(host.log.filter((line) => ids.includes(line.split(" ")[0] ?? ""))).toEqual(wanted);
    // Once: no message was sent twice, none was left out, and each draft is there one time.
    expect(host.sent).toEqual(mails.filter((one) => one.startsWith("mail")).map((one) => one.slice(5)));
    const drafts = [...host.emails.values()].filter(({ keywords }) => keywords["$draft"]).map(({ messageId }) => messageId);
    expect(drafts.sort()).toEqual(mails.filter((one) => one.startsWith("draft")).map((one) => one.slice(6)).sort());
    // What is kept is what the host has.
    for (const id of ids) expect(sorted(place.emails.get(id)?.email as unknown as Stored)).toEqual(sorted(host.emails.get(id) as Stored));
  });

  it("says what others made impossible, and goes on", async () => {
    const host = new FakeHost();
    const [gone, moved, homeless, other] = ["a", "b", "c", "d"].map((name) => host.add(name, "inbox"));
    const place = new Memory();
    const move = (id: Id | undefined, to: string) => place.add({ kind: "change", update: { [id ?? ""]: { "mailboxIds/inbox": null, [`mailboxIds/${to}`]: true } } }, 0);
    await move(gone, "archive");
    await move(moved, "archive");
    await move(homeless, "nowhere");
    await move(other, "archive");
    host.emails.delete(gone ?? "");
    Object.assign(host.emails.get(moved ?? "") ?? {}, { mailboxIds: { trash: true } });
    network(host, () => 9);
    await replay(place, { client: client(), upload }, () => undefined);
    expect((await place.items()).map(({ troubles }) => troubles)).toEqual([[{ kind: "gone", count: 1 }], [{ kind: "moved", count: 1 }], [{ kind: "mailboxGone", count: 1 }]]);
    const places = [moved, homeless, other].map((id) => Object.keys(host.emails.get(id ?? "")?.mailboxIds ?? {}));
    expect(places).toEqual([["trash"], ["inbox"], ["archive"]]);
  });

  it("brings files to the host before the message that they go with", async () => {
    const host = new FakeHost();
    const place = new Memory();
    const one = mail("m1");
    one.draft.attachments = [{ key: "k", blobId: null, name: "a.txt", type: "text/plain", size: 1, cid: null }];
    one.files = [{ key: "k", file: new Blob(["x"]) }];
    await place.add(one, 0);
    network(host, () => 9);
    const brought: Blob[] = [];
    await replay(place, { client: client(), upload: async (file) => (brought.push(file), "B1") }, () => undefined);
    expect([brought.length, host.sent]).toEqual([1, ["m1"]]);
  });
});

import { describe, expect, it } from "vitest";
import type { Email, Id, Mailbox } from "../jmap/types.ts";
import { type MethodCall, answers } from "./answers.ts";
import { described } from "./described.ts";
import { type Around, type Deed, type Item, type KeptEmail, TARGETS_MAX } from "./kept.ts";
import { matches, ordered } from "./matches.ts";
import { plan } from "./plan.ts";
import { chosen } from "./room.ts";
import { counted, seen } from "./view.ts";
import { fieldsOf, policyOf } from "./worker/frames.ts";
import { keeps, nameOf } from "./worker/shell.ts";
import { en } from "../words/en.ts";

function email(id: Id, more: Partial<Email> = {}): Email {
  const from = [{ name: "Rui Tavares", email: "rui@example.net" }];
  const rest = { subject: "Olá", preview: "Bom dia", size: 100, hasAttachment: false, to: null };
  return { id, blobId: `B${id}`, threadId: `T${id}`, mailboxIds: { F1: true }, keywords: {}, receivedAt: `2026-11-0${id.slice(1)}T10:00:00Z`, from, ...rest, ...more };
}

const kept = (one: Email, more: Partial<KeptEmail> = {}): KeptEmail => ({ id: one.id, email: one, octets: 0, used: 0, ...more });
const item = (number: number, deed: Deed, more: Partial<Item> = {}): Item => ({ number, at: 0, deed, ...more });
const archive = (id: Id): Deed => ({ kind: "change", update: { [id]: { "mailboxIds/F1": null, "mailboxIds/F2": true } } });
const mailbox = (id: Id, totalEmails: number, unreadEmails: number) => ({ id, name: id, role: null, totalEmails, unreadEmails }) as unknown as Mailbox;

describe("what is seen", () => {
  const emails = [kept(email("M1")), kept(email("M2"))];

  it("is what the host had with what waits on top, in order", () => {
    const items = [item(1, archive("M1")), item(2, { kind: "change", update: { M1: { "mailboxIds/F2": null, "mailboxIds/F3": true } } }), item(3, { kind: "destroy", ids: ["M2"] })];
    const now = seen(emails, items);
    expect([...now].map(([id, { mailboxIds }]) => [id, mailboxIds])).toEqual([["M1", { F3: true }]]);
    expect(counted([mailbox("F1", 9, 5), mailbox("F3", 0, 0)], emails, items).map(({ totalEmails, unreadEmails }) => [totalEmails, unreadEmails])).toEqual([[7, 3], [1, 1]]);
  });

  it("is not what could not be done", () => {
    expect(seen(emails, [item(1, archive("M1"), { troubles: [{ kind: "moved", count: 1 }] })]).get("M1")?.mailboxIds).toEqual({ F1: true });
  });
});

describe("what is kept answers", () => {
  const around = { emailState: "s7", mailboxState: "m3", mailboxes: [mailbox("F1", 2, 2)], identities: [], quota: [], preferences: [] } as unknown as Around;
  const all = [email("M1", { threadId: "T1" }), email("M2", { threadId: "T1" }), email("M3", { subject: "Casa nova" })];
  const added: Deed[] = [];

  function ask(calls: MethodCall[], items: Item[] = []) {
    added.length = 0;
    const emails = new Map(all.map((one) => [one.id, kept(one)]));
    const add = async (deeds: readonly Deed[]) => void added.push(...deeds);
    return answers(calls, { around, emails, items, original: async () => undefined, add, spare: async () => undefined });
  }

  it("a list with its rows and conversations, as one request of the page asks", async () => {
    const sort = [{ property: "receivedAt", isAscending: false }];
    const got = await ask([
      ["Email/query", { filter: { inMailbox: "F1" }, sort, collapseThreads: true, calculateTotal: true, limit: 50, position: 0 }, "1"],
      ["Email/get", { "#ids": { resultOf: "1", name: "Email/query", path: "/ids" } }, "2"],
      ["Thread/get", { "#ids": { resultOf: "2", name: "Email/get", path: "/list/*/threadId" } }, "3"],
    ]);
    const [query, rows, threads] = got?.map(([, values]) => values) ?? [];
    expect(query).toMatchObject({ ids: ["M3", "M2"], total: 2, position: 0 });
    expect((rows?.["list"] as Email[]).map(({ id }) => id)).toEqual(["M3", "M2"]);
    expect(threads?.["list"]).toEqual([{ id: "TM3", emailIds: ["M3"] }, { id: "T1", emailIds: ["M1", "M2"] }]);
  });

  it("changes, in items of a bounded size, with the state that the host knows", async () => {
    const update = Object.fromEntries(Array.from({ length: TARGETS_MAX + 1 }, (_, n) => [`M${n}`, { "keywords/$seen": true }]));
    const got = await ask([["Email/set", { update }, "1"]]);
    expect(got?.[0]?.[1]).toMatchObject({ newState: "s7", notUpdated: null });
    expect(added.map((deed) => deed.kind === "change" && Object.keys(deed.update).length)).toEqual([TARGETS_MAX, 1]);
  });

  it("nothing that cannot wait, and says of each question that it cannot be answered", async () => {
    expect(await ask([["Email/set", { create: { a: {} } }, "1"]])).toBeUndefined();
    expect(await ask([["Mailbox/set", { destroy: ["F1"] }, "1"]])).toBeUndefined();
    // Whether a message was sent is known to the host alone.
    expect(await ask([["Email/query", { filter: { header: ["Message-ID", "x"] } }, "1"]])).toBeUndefined();
    expect((await ask([["ContactCard/query", {}, "1"], ["Mailbox/get", { ids: null }, "2"]]))?.map(([name]) => name)).toEqual(["error", "Mailbox/get"]);
  });

  it("of a message that is not kept that it is not", async () => {
    const got = await ask([["SafeBody/get", { emailIds: ["M1"] }, "1"]]);
    expect(got?.[0]?.[1]["list"]).toEqual([{ emailId: "M1", expires: null, bodies: [], isMissing: true }]);
  });

  it("what is to be deleted as what can be brought back", async () => {
    const got = await ask([["RetainedEmail/query", {}, "1"]], [item(1, { kind: "destroy", ids: ["M1"] })]);
    expect(got?.[0]?.[1]["ids"]).toEqual(["M1"]);
  });
});

describe("filters", () => {
  it.each([
    ["words without accents", { text: "ola rui" }, true],
    ["a phrase", { subject: '"bom dia"' }, false],
    ["what it is in", { inMailboxOtherThan: ["F1"] }, false],
    ["several", { operator: "AND" as const, conditions: [{ from: "tavares" }, { notKeyword: "$seen" }] }, true],
    ["what is not", { operator: "NOT" as const, conditions: [{ hasAttachment: true }] }, true],
    ["a date", { before: "2026-11-01T10:00:00Z" }, false],
    ["sizes", { minSize: 100, maxSize: 101 }, true],
  ])("mean %s", (_, filter, is) => expect(matches(email("M1"), filter)).toBe(is));

  it("are put in order as the host does, the newest first among equals", () => {
    const list = [email("M1", { subject: "b" }), email("M2", { subject: "Re: a" }), email("M3", { subject: "B" })];
    const newest = { property: "receivedAt" as const, isAscending: false };
    expect(ordered(list, [{ property: "subject", isAscending: true }, newest]).map(({ id }) => id)).toEqual(["M2", "M3", "M1"]);
  });
});

describe("a plan", () => {
  const now = (mailboxIds: Record<Id, true>) => ({ emails: new Map([["M1", { mailboxIds, keywords: {} }]]), mailboxes: new Set(["F1", "F2"]) });
  const update = { M1: { "mailboxIds/F1": null, "mailboxIds/F2": true, "keywords/$seen": true } };

  it("leaves out what is done already", () => {
    expect(plan(update, now({ F2: true }))).toEqual({ update: { M1: { "keywords/$seen": true } }, troubles: [] });
  });

  it("leaves a message where somebody else moved it, and marks it all the same", () => {
    expect(plan(update, now({ F9: true }))).toEqual({ update: { M1: { "keywords/$seen": true } }, troubles: [{ kind: "moved", count: 1 }] });
  });
});

it("a change is called what it was called when it was done", () => {
  const named = (id: Id) => `<${id}>`;
  const said = (deed: Deed) => described(deed, en, named);
  expect(said(archive("M1"))).toBe("1 message moved to <F2>");
  expect(said({ kind: "change", update: { M1: { "keywords/$flagged": null }, M2: { "keywords/$flagged": null } } })).toBe("Star removed from 2 messages");
  expect(said({ kind: "destroy", ids: ["M1"] })).toBe("1 message deleted for good");
});

it("what was opened lately stays longest, then what is wanted, then what is new", () => {
  const now = Date.parse("2026-12-01T00:00:00Z");
  const list = [kept(email("M1"), { octets: 40, used: now - 1000 }), kept(email("M2"), { octets: 40 }), kept(email("M3"), { octets: 40 }), kept(email("M4"), { octets: 40 })];
  expect(chosen(list, new Set(["M2"]), now, 3, 90)).toEqual({ dropped: ["M3"], emptied: ["M4"] });
});

describe("the worker", () => {
  it("confines what is kept, whatever that says of itself", () => {
    const hash = "A".repeat(43) + "=";
    expect(policyOf(hash)).toContain(`script-src 'sha256-${hash}'; img-src data:;`);
    expect(policyOf(hash)).not.toMatch(/same-origin|https?:|img-src [^;]*self/);
    expect(policyOf("x' 'unsafe-inline")).toContain("script-src 'none'");
    const fields = fieldsOf(new Headers({ "Content-Type": "text/html", "Content-Security-Policy": "script-src *" }));
    expect(fields["Content-Security-Policy"]).toBe(policyOf(""));
  });

  it("keeps this version of the page and the one before, and all that is not of the page", () => {
    const version = { hash: "3", files: [] };
    const names = ["correio-page-1", "correio-bodies-ana", "correio-page-2", nameOf(version)];
    expect(names.filter((name) => keeps(names, name, version))).toEqual(["correio-bodies-ana", "correio-page-2", "correio-page-3"]);
  });
});

import { describe, expect, it } from "vitest";
import { type Form, type Line, blank, blocking, muted, muting, ofForm, toForm } from "./rule.ts";
import { summary } from "./summary.ts";
import { en } from "./words/en.ts";
import { ptPT } from "./words/pt-PT.ts";

const form = (more: Partial<Form>): Form => ({ ...blank(), ...more });
const line = (field: Line["field"], value: string, isNot = false): Line => ({ field, value, isNot });

describe("a rule of a form", () => {
  it("asks for what the lines say", () => {
    expect(ofForm(form({ lines: [] })).filter).toBeNull();
    expect(ofForm(form({ lines: [line("from", " bo ")] })).filter).toEqual({ from: "bo" });
    expect(ofForm(form({ lines: [line("subject", 'the "big" one')] })).filter).toEqual({ subject: '"the \\"big\\" one"' });
    expect(ofForm(form({ lines: [line("list", "rust"), line("attachment", "", true)] })).filter).toEqual({
      operator: "AND",
      conditions: [{ header: ["List-Id", "rust"] }, { operator: "NOT", conditions: [{ hasAttachment: true }] }],
    });
    expect(ofForm(form({ isAny: true, lines: [line("to", "ana"), line("text", "invoice")] })).filter).toEqual({
      operator: "OR",
      conditions: [{ operator: "OR", conditions: [{ to: "ana" }, { cc: "ana" }] }, { text: "invoice" }],
    });
  });

  it("says where mail goes and how it is marked", () => {
    const made = ofForm(form({ name: " Lists ", mailboxId: "F2", isRead: true, isStarred: true, tag: "Lido já", isLast: true }));
    expect(made).toMatchObject({ name: "Lists", mailboxIds: { F2: true }, keywords: { $seen: true, $flagged: true, lido_ja: true }, isLast: true });
    expect(ofForm(form({}))).toMatchObject({ mailboxIds: null, keywords: {}, isEnabled: true });
    expect(ofForm(form({}), { ...made, isEnabled: false, sortOrder: 7 })).toMatchObject({ isEnabled: false, sortOrder: 7, keywords: {} });
  });

  it("comes back as it was", () => {
    const fields: Line[] = [line("from", "<bo@x.example>"), line("to", "ana lima"), line("subject", "it's", true), line("list", "a b"), line("text", "ä"), line("attachment", "", true)];
    for (const lines of [[], ...fields.map((one) => [one]), fields, fields.slice(1, 3)]) {
      for (const isAny of lines.length > 1 ? [true, false] : [false]) {
        const typed = form({ name: "x", lines, isAny, mailboxId: "F3", isRead: true, tag: "later on" });
        expect(toForm(ofForm(typed))).toEqual(typed);
      }
    }
  });

  it("is none where a rule says more", () => {
    const own = ofForm(form({ lines: [line("from", "bo")] }));
    for (const filter of [
      { from: "bo", to: "ana" },
      { from: "bo cy" },
      { minSize: 1000 },
      { inThread: "T1" },
      { header: ["X-Spam", "yes"] },
      { header: ["List-Id"] },
      { hasAttachment: false },
      { operator: "NOT" as const, conditions: [{ from: "bo" }, { from: "cy" }] },
      { operator: "AND" as const, conditions: [{ operator: "OR" as const, conditions: [{ from: "bo" }, { subject: "x" }] }] },
    ]) {
      expect(toForm({ ...own, filter }), JSON.stringify(filter)).toBeUndefined();
    }
    expect(toForm({ ...own, mailboxIds: { F1: true, F2: true } })).toBeUndefined();
    expect(toForm({ ...own, keywords: { a: true, b: true } })).toBeUndefined();
    expect(toForm({ ...own, keywords: { $mdnsent: true } })).toBeUndefined();
  });
});

describe("a rule of a message", () => {
  it("blocks its sender alone, and mutes its conversation", () => {
    expect(blocking("bo@x.example", "F9")).toMatchObject({ filter: { from: "<bo@x.example>" }, mailboxIds: { F9: true } });
    expect(toForm(blocking("bo@x.example", "F9"))).toMatchObject({ lines: [line("from", "<bo@x.example>")], mailboxId: "F9" });
    expect(muted(muting("T7", "F8"))).toBe("T7");
    expect(muted(blocking("bo@x.example", "F9"))).toBeUndefined();
    expect(muted({ filter: null })).toBeUndefined();
  });
});

describe("what a rule says of itself", () => {
  const folder = (id: string) => (id === "F2" ? "Lists" : undefined);
  const said = (own: ReturnType<typeof ofForm>) => summary({ id: "K1", ...own }, en, folder);

  it("is one line", () => {
    const lines = [line("list", "rust"), line("from", "bo", true)];
    const own = ofForm(form({ lines, mailboxId: "F2", isRead: true, tag: "code", isLast: true }));
    expect(said(own)).toBe("Mailing list contains “rust” and From does not contain “bo” → to Lists, read, tagged code, nothing more");
    expect(said(ofForm(form({ lines: [], mailboxId: "F9" })))).toBe("All mail that comes → to a folder that is gone (so to the inbox)");
    expect(said(muting("T1", "F2"))).toBe("Mail of a conversation → to Lists, read, nothing more");
    expect(said({ ...own, filter: { minSize: 9 }, isLast: false })).toBe("Mail of some kind → to Lists, read, tagged code");
    expect(summary({ id: "K1", ...own }, ptPT, folder)).toBe("Lista de correio contém «rust» e De não contém «bo» → para Lists, lida, etiqueta code, e mais nada");
  });
});

import { describe, expect, it } from "vitest";
import { chips, has, toggled } from "./chips.ts";
import { search } from "../search/filter.ts";
import { en } from "../words/en.ts";
import { ptBR } from "../words/pt-BR.ts";
import { ptPT } from "../words/pt-PT.ts";
import { type Around, suggest } from "./suggest.ts";
import { type Texts, en as enFind } from "./words/en.ts";
import { ptBR as ptBRFind } from "./words/pt-BR.ts";
import { ptPT as ptPTFind } from "./words/pt-PT.ts";

const finding: Record<string, Texts> = { en: enFind, "pt-PT": ptPTFind, "pt-BR": ptBRFind };

const said = (tag: string): Texts => finding[tag] ?? enFind;

const AROUND: Around = {
  people: [{ name: "Ana Sousa", email: "ana@example.org" }, { name: null, email: "news@bakery.example" }],
  folders: ["Inbox", "São João", "Archive"],
  tags: ["work", "a fazer"],
  earlier: ["from:rui fence", "invoice"],
  saved: [{ name: "Bills", line: "subject:invoice has:attachment" }],
  operators: { from: ["from", "sender"], to: ["to", "recipient"], in: ["in", "folder"], is: ["is", "state"], tag: ["tag", "tag"] },
  values: { is: [["unread", "not read"], ["starred", "with a star"]] },
};
const lines = (line: string) => suggest(line, AROUND).map((one) => one.line);

describe("suggestions", () => {
  it.each([
    ["", ["subject:invoice has:attachment", "from:rui fence", "invoice", "from:", "to:", "in:"]],
    ["an", ["from:ana@example.org "]],
    ["sou", ["from:ana@example.org "]],
    ["fence in:sao", ['fence in:"São João" ']],
    ['in:"são j', ['in:"São João" ']],
    ["em:arch", ["in:Archive "]],
    ["-from:ba", []],
    ["-from:ne", ["-from:news@bakery.example "]],
    ["to:", ["to:ana@example.org ", "to:news@bakery.example "]],
    ["is:u", ["is:unread "]],
    ["é:", ["is:unread ", "is:starred "]],
    ["tag:a", ['tag:"a fazer" ']],
    ["inv", ["invoice"]],
    ["in", ["in:", "in:Inbox ", "invoice"]],
    ["bil", ["subject:invoice has:attachment"]],
    ["invoice", []],
    ["note:th", []],
    ["fence ", []],
    ['"open phrase', []],
  ])("%j", (line, want) => expect(lines(line)).toEqual(want));

  it("say whether one goes on typing", () => {
    expect(suggest("fr", AROUND)[0]).toMatchObject({ isWhole: false, label: "from:", detail: "sender" });
    expect(suggest("is:un", AROUND)[0]).toMatchObject({ isWhole: true, label: "is:unread", detail: "not read" });
  });

  it("are few", () => {
    const people = Array.from({ length: 100 }, (_, n) => ({ name: `Ana ${n}`, email: `a${n}@example.org` }));
    expect(suggest("from:ana", { ...AROUND, people }).length).toBe(8);
  });
});

describe.each([["en", en], ["pt-PT", ptPT], ["pt-BR", ptBR]] as const)("what is suggested in %s", (_, words) => {
  it("is understood", () => {
    const mailboxes = Object.keys(words.roles).map((role) => ({ id: role, name: `named ${role}`, role }));
    const lines = [
      ...Object.entries(words.roles).map(([, name]) => `${said(words.tag).operators.in[0]}:"${name}"`),
      ...Object.entries(said(words.tag).values).flatMap(([operator, values]) =>
        values.map(([value]) => `${said(words.tag).operators[operator as "is"][0]}:${value}`),
      ),
    ];
    for (const line of lines) expect(search(line, { mailboxes, mailboxId: undefined, now: new Date() }).unknown, line).toEqual([]);
  });
});

describe("chips", () => {
  it("are the operators of a line, each of which can go", () => {
    expect(chips('fence from:ana -draft in:"a b"').map(({ term, without }) => [term.source, without])).toEqual([
      ["from:ana", 'fence -draft in:"a b"'],
      ["-draft", 'fence from:ana in:"a b"'],
      ['in:"a b"', "fence from:ana -draft"],
    ]);
  });

  it("come and go", () => {
    expect(toggled("fence", "is:unread")).toBe("fence is:unread");
    expect(toggled("fence é:UNREAD x", "is:unread")).toBe("fence x");
    expect([has("é:unread", "is:unread"), has("-is:unread", "is:unread")]).toEqual([true, false]);
  });
});

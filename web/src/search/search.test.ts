import { describe, expect, it } from "vitest";
import { search } from "./filter.ts";
import { dateOf, octets, parse } from "./grammar.ts";
import { pieces } from "./marks.ts";
import { keyword, tagOf } from "./tags.ts";

const NOW = new Date(2026, 10, 30, 15, 0);
const MAILBOXES = [
  { id: "F1", name: "INBOX", role: "inbox" },
  { id: "F2", name: "Trash", role: "trash" },
  { id: "F3", name: "Junk", role: "junk" },
  { id: "F4", name: "Archive", role: "archive" },
  { id: "F5", name: "São João", role: null },
];
const HIDDEN = { inMailboxOtherThan: ["F2", "F3"] };

function filter(line: string, mailboxId?: string) {
  return search(line, { mailboxes: MAILBOXES, mailboxId, now: NOW }).filter;
}

const local = (year: number, month: number, day: number) =>
  new Date(year, month - 1, day).toISOString().replace(/\.\d+/, "");

describe("a search line", () => {
  it.each([
    ["fence", { operator: "AND", conditions: [{ text: "fence" }, HIDDEN] }],
    ["in:anywhere fence", { text: "fence" }],
    ["in:tudo", null],
    ["from:ana in:spam", { operator: "AND", conditions: [{ from: "ana" }, { inMailbox: "F3" }] }],
    ['de:"Ana Sousa" em:"são joao"', { operator: "AND", conditions: [{ from: '"Ana Sousa"' }, { inMailbox: "F5" }] }],
    ["in:all assunto:fatura", { subject: "fatura" }],
    ["in:all has:attachment", { hasAttachment: true }],
    ["in:all tem:anexo", { hasAttachment: true }],
    ["in:all is:unread", { notKeyword: "$seen" }],
    ["in:all é:nãolida", { notKeyword: "$seen" }],
    ["in:all está:com-estrela", { hasKeyword: "$flagged" }],
    ["in:all larger:1,5mb", { minSize: 1_500_000 }],
    ["in:all menor:200k", { maxSize: 200_000 }],
    ["in:all before:2026-03", { before: local(2026, 3, 1) }],
    ["in:all desde:9/3/2026", { after: local(2026, 3, 9) }],
    ["in:all após:hoje", { after: local(2026, 11, 30) }],
    ["in:all quando:hoje", { text: "quando:hoje" }],
    ["in:all etiqueta:Férias", { hasKeyword: "ferias" }],
    ["in:all -spam", { operator: "NOT", conditions: [{ text: "spam" }] }],
    ['in:all -from:"x y"', { operator: "NOT", conditions: [{ from: '"x y"' }] }],
  ])("%s", (line, want) => expect(filter(line)).toEqual(want));

  it("looks in the folder that is shown where that is wanted", () => {
    expect(filter("a", "F5")).toEqual({ operator: "AND", conditions: [{ text: "a" }, { inMailbox: "F5" }] });
  });

  it("takes what it does not understand for words, and says so", () => {
    const asked = search('is:blue before:soon larger:x note:this 10:30 "open', { mailboxes: [], mailboxId: undefined, now: NOW });
    expect(asked.unknown).toEqual(["is:blue", "before:soon", "larger:x"]);
    expect(JSON.stringify(asked.filter)).toContain("open");
  });

  it("escapes what ends a phrase", () => {
    expect(filter('in:all is:a\\b')).toEqual({ text: '"a\\\\b"' });
  });

  it("has nothing to do with an empty line", () => expect(parse('  "" - ')).toEqual([]));
});

describe("values", () => {
  it.each([["5mb", 5_000_000], ["5", 5], ["1.5 GB", 1_500_000_000], ["5tb", undefined], ["", undefined]])("%s", (text, want) => {
    expect(octets(text)).toBe(want);
  });
  it.each(["2026-13", "2026-02-30", "31/2/2026", "x", "12"])("%s is no date", (text) => {
    expect(dateOf(text, NOW)).toBeUndefined();
  });
  it("knows spans", () => expect(dateOf("7d", NOW)).toEqual(new Date(2026, 10, 23)));
});

describe("hits", () => {
  it("are taken apart, and stay text", () => {
    expect(pieces("a &lt;b&gt; <mark>c &amp;amp; d</mark>&#39;")).toEqual([
      { text: "a <b> ", isHit: false },
      { text: "c &amp; d", isHit: true },
      { text: "'", isHit: false },
    ]);
  });
});

describe("tags", () => {
  it("become keywords that every program takes", () => {
    expect(keyword("  A Fazer! (já) ")).toBe("a_fazer!_ja");
    expect(tagOf("a_fazer")).toBe("a fazer");
    expect(tagOf("$seen")).toBeUndefined();
  });
});

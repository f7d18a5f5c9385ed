import { describe, expect, it } from "vitest";
import type { Email } from "../jmap/types.ts";
import { newsOf } from "./news.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const AROUND = { folders: ["F1"], user: "ana@example.org", now: NOW, noSubject: "(none)", nobody: "(nobody)", many: (n: number) => `${n} messages` };

function email(id: string, more: Partial<Email> = {}): Email {
  const from = [{ name: "Rui", email: "rui@example.net" }];
  return { id, mailboxIds: { F1: true }, keywords: {}, receivedAt: "2026-11-30T11:59:00Z", from, subject: "Olá", ...more } as Email;
}

describe("news", () => {
  it("says who wrote and about what, the oldest first", () => {
    const later = email("M2", { receivedAt: "2026-11-30T11:59:30Z", from: null, subject: "" });
    expect(newsOf([later, email("M1")], AROUND).map(({ tag, title, text }) => [tag, title, text])).toEqual([
      ["correio-M1", "Rui", "Olá"],
      ["correio-M2", "(nobody)", "(none)"],
    ]);
  });

  it.each([
    ["is in a folder that is not told of", { mailboxIds: { F2: true } }],
    ["was read", { keywords: { $seen: true } }],
    ["is a draft", { keywords: { $draft: true } }],
    ["is one's own", { from: [{ name: null, email: "ANA@example.org" }] }],
    ["came long ago", { receivedAt: "2026-11-30T11:00:00Z" }],
  ] as [string, Partial<Email>][])("is not told that %s", (_, more) => expect(newsOf([email("M1", more)], AROUND)).toEqual([]));

  it("of many is a number", () => {
    const told = newsOf(["1", "2", "3", "4", "5"].map((id) => email(id)), AROUND);
    expect(told.map(({ title }) => title)).toEqual(["5 messages"]);
  });
});

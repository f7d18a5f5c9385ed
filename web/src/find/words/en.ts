// What is said where one searches. English; the type of all is that of this one.

import type { Operator } from "../../search/words.ts";

type Said = readonly [string, string];

export const en = {
  suggestions: "Suggestions",
  kinds: { earlier: "searched before", saved: "saved search" },
  /** What is written, and what it does. */
  operators: {
    from: ["from", "who sent it"],
    to: ["to", "who got it"],
    subject: ["subject", "words of the subject"],
    has: ["has", "with an attachment"],
    is: ["is", "unread, starred, answered"],
    in: ["in", "in a folder"],
    tag: ["tag", "with a tag"],
    before: ["before", "before a year, month or day"],
    after: ["after", "since a year, month or day"],
    larger: ["larger", "larger than, as 5mb"],
    smaller: ["smaller", "smaller than"],
  } as Record<Exclude<Operator, "cc" | "body">, Said>,
  values: {
    is: [
      ["unread", "not read"],
      ["read", "read"],
      ["starred", "with a star"],
      ["answered", "answered"],
      ["draft", "drafts"],
    ],
    has: [["attachment", "with an attachment"]],
    before: [["today", "before today"], ["2026", "before 2026"]],
    after: [["7d", "of the last 7 days"], ["30d", "of the last 30 days"], ["today", "of today"]],
    larger: [["1mb", "larger than 1 MB"], ["10mb", "larger than 10 MB"]],
    smaller: [["100kb", "smaller than 100 KB"]],
  } as Partial<Record<Operator, Said[]>>,

  filters: "Narrow the search",
  /** What a button says, and what it puts into the line. */
  quick: [
    ["Unread", "is:unread"],
    ["With a star", "is:starred"],
    ["With attachment", "has:attachment"],
    ["Last 30 days", "after:30d"],
  ] as Said[],
  not: (said: string) => `not ${said}`,
  remove: (said: string) => `Remove ${said}`,
  save: "Save search",
  saved: "Saved",
  saveTitle: "Save this search",
  name: "Name",
  savedAs: (name: string) => `Search ${name} saved`,
  tooMany: "There are too many saved searches already",
  searches: "Searches",
  menuOf: (name: string) => `Search ${name}: menu`,
  delete: "Delete search",
  deleted: (name: string) => `Search ${name} deleted`,
};

export type Texts = typeof en;

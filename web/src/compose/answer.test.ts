import { describe, expect, test } from "vitest";
import { parse } from "./addresses.ts";
import type { Identity } from "./original.ts";
import { identityFor, listAddress, reachesMore, recipients } from "./recipients.ts";
import { references } from "./references.ts";
import { answerSubject, forwardSubject } from "./subject.ts";

const list = (text: string) => parse(text).map(({ name, email }) => ({ name, email }));
const message = (fields: Partial<Record<"from" | "replyTo" | "to" | "cc" | "bcc", string>>) => ({
  from: list(fields.from ?? ""),
  replyTo: list(fields.replyTo ?? ""),
  to: list(fields.to ?? ""),
  cc: list(fields.cc ?? ""),
  bcc: list(fields.bcc ?? ""),
});
const own = list("me@example.org, other@example.org");
const emails = (addresses: { email: string }[]) => addresses.map(({ email }) => email).join(" ");

describe("to whom an answer goes", () => {
  const cases: [string, Parameters<typeof message>[0], "sender" | "all", string, string][] = [
    ["the author", { from: "a@x.y", to: "me@example.org" }, "sender", "a@x.y", ""],
    ["Reply-To before From", { from: "a@x.y", replyTo: "b@x.y, c@x.y" }, "sender", "b@x.y c@x.y", ""],
    ["all", { from: "a@x.y", to: "me@example.org, b@x.y", cc: "c@x.y, other@example.org" }, "all", "a@x.y b@x.y", "c@x.y"],
    ["each once, in any case", { from: "a@x.y", to: "A@x.y, b@x.y", cc: "B@X.Y, c@x.y" }, "all", "a@x.y b@x.y", "c@x.y"],
    ["what one wrote goes on", { from: "ME@example.org", to: "a@x.y", cc: "b@x.y" }, "sender", "a@x.y", ""],
    ["what one wrote goes on to all", { from: "me@example.org", replyTo: "me@example.org", to: "a@x.y", cc: "b@x.y" }, "all", "a@x.y", "b@x.y"],
    ["to oneself, if nobody else is left", { from: "me@example.org", to: "other@example.org" }, "all", "other@example.org", ""],
    ["nobody", {}, "all", "", ""],
  ];
  test.each(cases)("%s", (_, fields, answering, to, cc) => {
    const found = recipients(message(fields), answering, own);
    expect([emails(found.to), emails(found.cc)]).toEqual([to, cc]);
  });

  test("the list, and only where one may post", () => {
    const post = (...urls: string[]) => ({ ...message({ from: "a@x.y" }), "header:List-Post:asURLs": urls });
    expect(listAddress(post("mailto:list%2Bx@x.y?subject=a"))).toBe("list+x@x.y");
    expect(listAddress(post("https://x.y/post", "mailto:l@x.y"))).toBe("l@x.y");
    expect(listAddress(post("mailto:%"))).toBe(undefined);
    // RFC 2369, 3.4: `List-Post: NO`.
    expect(listAddress({ "header:List-Post:asURLs": null })).toBe(undefined);
    expect(emails(recipients(post("mailto:l@x.y"), "list", own).to)).toBe("l@x.y");
  });

  test("an answer to all is offered where it reaches more", () => {
    expect(reachesMore(message({ from: "a@x.y", to: "me@example.org" }), own)).toBe(false);
    expect(reachesMore(message({ from: "a@x.y", to: "me@example.org", cc: "b@x.y" }), own)).toBe(true);
  });
});

describe("from which address", () => {
  const identity = (email: string): Identity => ({ id: email, name: "", email, replyTo: null, bcc: null, textSignature: "", htmlSignature: "", mayDelete: true });
  const identities = [identity("me@example.org"), identity("other@example.org")];
  const cases: [string, Parameters<typeof message>[0], string][] = [
    ["the one it came to", { from: "a@x.y", to: "Other@example.org" }, "other@example.org"],
    ["the one in Cc", { from: "a@x.y", to: "b@x.y", cc: "other@example.org" }, "other@example.org"],
    ["the one that wrote", { from: "other@example.org", to: "me@example.org" }, "other@example.org"],
    ["with a tag", { from: "a@x.y", to: "other+shop@example.org" }, "other@example.org"],
    ["the first, if none is named", { from: "a@x.y", to: "list@x.y" }, "me@example.org"],
  ];
  test.each(cases)("%s", (_, fields, want) => expect(identityFor(message(fields), identities)?.email).toBe(want));

  test("the one that it was delivered to", () => {
    const delivered = { ...message({ from: "a@x.y", to: "list@x.y" }), "header:Delivered-To:asText:all": [" other@example.org"] };
    expect(identityFor(delivered, identities)?.email).toBe("other@example.org");
  });
});

describe("subjects", () => {
  const answers: [string | null, string][] = [
    ["Picnic", "Re: Picnic"],
    ["Re: Picnic", "Re: Picnic"],
    ["RE: AW: Picnic", "Re: Picnic"],
    ["Re[2]: Picnic", "Re: Picnic"],
    ["RES: Orçamento", "Re: Orçamento"],
    ["SV: Möte", "Re: Möte"],
    ["Fwd: Picnic", "Re: Fwd: Picnic"],
    ["Re：晚餐", "Re: 晚餐"],
    ["[friends] Re: Picnic", "[friends] Re: Picnic"],
    ["[friends] Picnic", "Re: [friends] Picnic"],
    ["Reading list: March", "Re: Reading list: March"],
    ["Resort: rooms", "Re: Resort: rooms"],
    ["", "Re:"],
    [null, "Re:"],
  ];
  test.each(answers)("answer to %j", (subject, want) => expect(answerSubject(subject)).toBe(want));
  const forwards: [string, string][] = [
    ["Picnic", "Fwd: Picnic"],
    ["FW: Picnic", "Fwd: Picnic"],
    ["ENC: Fwd: Reunião", "Fwd: Reunião"],
    ["Re: Picnic", "Fwd: Re: Picnic"],
    ["Tr: Réunion", "Fwd: Réunion"],
  ];
  test.each(forwards)("forward of %j", (subject, want) => expect(forwardSubject(subject)).toBe(want));
});

test("an answer names what it answers (RFC 5322, 3.6.4)", () => {
  const parent = (messageId: string[] | null, inReplyTo: string[] | null, before: string[] | null) => references({ messageId, inReplyTo, references: before });
  expect(parent(["c"], ["b"], ["a", "b"])).toEqual({ inReplyTo: ["c"], references: ["a", "b", "c"] });
  expect(parent(["c"], ["b"], null)).toEqual({ inReplyTo: ["c"], references: ["b", "c"] });
  expect(parent(["c"], ["a", "b"], null)).toEqual({ inReplyTo: ["c"], references: ["c"] });
  expect(parent(null, ["b"], ["a"])).toEqual({ inReplyTo: null, references: null });
  const long = parent(["end"], null, Array.from({ length: 80 }, (_, n) => `m${n}`)).references ?? [];
  expect([long.length, long[0], long.at(-1), long.at(-2)]).toEqual([50, "m0", "end", "m79"]);
});

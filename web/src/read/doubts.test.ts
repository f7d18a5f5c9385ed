import { describe, expect, it } from "vitest";
import type { Email } from "../jmap/types.ts";
import { doubtsAbout, doubtsOfLinks, hostIn, isKin, looksLike } from "./doubts.ts";

const KNOWN = { user: "ana@example.org", sameName: [], isFirst: true };

function from(name: string | null, address: string, more: Partial<Email> = {}): Email {
  return { from: [{ name, email: address }], to: null, ...more } as Email;
}
const kinds = (email: Email, known: Partial<typeof KNOWN> | { sameName: string[] } = {}) =>
  doubtsAbout(email, { ...KNOWN, ...known }).map(({ kind }) => kind);

describe("who a message is from", () => {
  it.each([
    [from("Rui", "rui@example.net"), []],
    [from("service@bank.example", "x@evil.example"), ["otherAddress"]],
    [from("Rui <rui@mail.example.net>", "rui@example.net"), []],
    [from("Bank", "x@xn--bnk-0ia.example"), ["letters"]],
    [from("Bank", "x@b\u0430nk.example"), ["letters"]],
    [from("Banco", "x@ba\u00e7o.example"), []],
    [from("Ana", "ana@exarnple.org"), ["looksLike"]],
    [from("Ana", "ANA@EXAMPLE.ORG"), []],
    [from("Rui", "rui@examp1e.org"), ["looksLike"]],
    [from("Shop", "a@shop.example", { replyTo: [{ name: null, email: "b@other.example" }] }), ["answersElsewhere"]],
    [from("Shop", "a@shop.example", { replyTo: [{ name: null, email: "b@mail.shop.example" }] }), []],
    [from("Shop", "a@shop.example", { replyTo: [{ name: null, email: "b@x.example" }], "header:List-Unsubscribe:asURLs": ["mailto:a@b"] }), []],
    [{ from: null } as Email, []],
  ])("%#", (email, want) => expect(kinds(email)).toEqual(want));

  it("is another person who is called the same, if they never wrote before", () => {
    const rui = from("Rui Tavares", "rui@evil.example");
    expect(kinds(rui, { sameName: ["rui@example.net"] })).toEqual(["otherPerson"]);
    expect(kinds(rui, { sameName: ["rui@example.net"], isFirst: false })).toEqual([]);
    expect(kinds(rui, { sameName: ["rui.t@evil.example"] })).toEqual([]);
    expect(kinds(from("Rui", "rui@evil.example"), { sameName: ["rui@example.net"] })).toEqual([]);
  });
});

describe("domains", () => {
  it.each([
    ["a.example.org", "example.org", true],
    ["a.co.uk", "b.co.uk", false],
    ["x.a.co.uk", "a.co.uk", true],
    ["a.com.br", "b.com.br", false],
    ["example.org", "example.com", false],
  ])("%s and %s", (one, other, want) => expect(isKin(one, other)).toBe(want));
  it.each([
    ["paypal.example", "paypa1.example", true],
    ["bankofmoney.com", "bankofrnoney.com", true],
    ["bankofmoney.com", "bankofmomey.com", true],
    ["bankofmoney.com", "bankofmnoey.com", true],
    ["bankofmoney.com", "bankofmone.com", true],
    ["ab.pt", "ac.pt", false],
    ["oficina.example", "atelier.example", false],
  ])("%s looks like %s", (one, other, want) => expect(looksLike(one, other)).toBe(want));
});

describe("links", () => {
  it.each([
    ["https://bank.example/login?a=b", "bank.example"],
    [" www.Bank.example ", "www.bank.example"],
    ["bank.example:8443/x", "bank.example"],
    ["https://a@evil.example/", "evil.example"],
    ["ana@bank.example", undefined],
    ["read more", undefined],
    ["see bank.example now", undefined],
    ["report.pdf", undefined],
    ["3.14", undefined],
    [7, undefined],
  ])("%s says %s", (text, want) => expect(hostIn(text)).toBe(want));

  it("that lead elsewhere than they say are told, each once and few of them", () => {
    const said = [
      { said: "https://bank.example", leads: "https://evil.example/x" },
      { said: "bank.example/a", leads: "https://evil.example/y" },
      { said: "www.bank.example", leads: "https://bank.example/" },
      { said: "Click here", leads: "https://evil.example/" },
      null,
      { said: 1 },
    ];
    expect(doubtsOfLinks(said)).toEqual([{ kind: "link", said: "bank.example", leads: "evil.example" }]);
    expect(doubtsOfLinks(Array.from({ length: 50 }, (_, n) => ({ said: `a${n}.example`, leads: "https://evil.example" }))).length).toBe(3);
    for (const odd of [undefined, "x", { length: 3 }, 7]) expect(doubtsOfLinks(odd)).toEqual([]);
  });
});

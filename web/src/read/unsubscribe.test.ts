import { describe, expect, it } from "vitest";
import { isOneClick, leaving } from "./unsubscribe.ts";

const page = (url: string) => ({ kind: "page", url, host: new URL(url).host });
const mail = (to: string, subject: string, text: string) => ({ kind: "mail", to, subject, text });

describe("leaving a list", () => {
  it.each([
    [["https://l.example/u?x=1"], page("https://l.example/u?x=1")],
    [["mailto:u@l.example?subject=leave%20me&body=a%0Ab", "https://l.example/u"], page("https://l.example/u")],
    [["mailto:u+a@l.example?Subject=leave+me"], mail("u+a@l.example", "leave+me", "")],
    [["mailto:u@l.example?cc=x@y.example&body=%F0"], mail("u@l.example", "unsubscribe", "%F0")],
    [["http://l.example/u"], undefined],
    [["https://bank.example@l.example/"], undefined],
    [["javascript:alert(1)", "data:text/html,x", "u@l.example", "mailto:", "mailto:a@b,c@d", "mailto:a%0d%0aBcc:x@y"], undefined],
    [["ftp://l.example/", "mailto:u@l.example"], mail("u@l.example", "unsubscribe", "")],
    [["mailto:u@l.example?subject=a%0d%0aBcc:%20x@y"], mail("u@l.example", "a Bcc: x@y", "")],
    [[], undefined],
    [null, undefined],
  ])("%j", (urls, want) => expect(leaving(urls)).toEqual(want));
});

describe("one request is enough", () => {
  it.each([
    [["https://l.example/u"], "List-Unsubscribe=One-Click", true],
    [["mailto:u@l.example", "https://l.example/u"], " list-unsubscribe=one-click ", true],
    [["http://l.example/u"], "List-Unsubscribe=One-Click", false],
    [["https://l.example/u"], "Yes", false],
    [["https://l.example/u"], null, false],
    [null, "List-Unsubscribe=One-Click", false],
  ])("%j %j", (urls, post, want) => expect(isOneClick(urls, post)).toBe(want));
});

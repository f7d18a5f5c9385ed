import { describe, expect, test } from "vitest";
import { isAddress, parse, unique, written } from "./addresses.ts";

/** `name|address` of each, `!text` of what is no address. */
const read = (text: string) =>
  parse(text).map(({ name, email, isAddress }) => (isAddress ? (name ? `${name}|${email}` : email) : `!${email}`));

describe("what people type and paste", () => {
  const cases: [string, string[]][] = [
    ["ana@example.org", ["ana@example.org"]],
    ["ana@example.org, rui@example.net", ["ana@example.org", "rui@example.net"]],
    ["ana@example.org;rui@example.net;", ["ana@example.org", "rui@example.net"]],
    ["ana@example.org\nrui@example.net\r\n", ["ana@example.org", "rui@example.net"]],
    ["ana@example.org rui@example.net", ["ana@example.org", "rui@example.net"]],
    ["Ana Silva <ana@example.org>", ["Ana Silva|ana@example.org"]],
    ['"Silva, Ana" <ana@example.org>, Rui <rui@example.net>', ["Silva, Ana|ana@example.org", "Rui|rui@example.net"]],
    // As Outlook copies it.
    ["Silva, Ana <ana@example.org>; Costa, Rui <rui@example.net>", ["Silva, Ana|ana@example.org", "Costa, Rui|rui@example.net"]],
    ["'Ana Silva' <ana@example.org>", ["Ana Silva|ana@example.org"]],
    ["ana@example.org <ana@example.org>", ["ana@example.org|ana@example.org"]],
    ["<ana@example.org>", ["ana@example.org"]],
    ["mailto:ana@example.org", ["ana@example.org"]],
    ["Ana <mailto:ana@example.org>", ["Ana|ana@example.org"]],
    ["ana@example.org (Ana Silva)", ["Ana Silva|ana@example.org"]],
    ["Ana (at work, mostly) <ana@example.org>", ["Ana|ana@example.org"]],
    ["Friends: Ana <ana@example.org>, rui@example.net; eva@example.com", ["Ana|ana@example.org", "rui@example.net", "eva@example.com"]],
    ["undisclosed-recipients:;", []],
    ['"a \\"b\\" c" <x@example.org>', ['a "b" c|x@example.org']],
    ['"odd one"@example.org', ['"odd one"@example.org']],
    ["josé@exämple.org", ["josé@exämple.org"]],
    ["José Müller <josé@exämple.org>", ["José Müller|josé@exämple.org"]],
    ["ana@[192.0.2.1]", ["ana@[192.0.2.1]"]],
    ["Ana", ["!Ana"]],
    ["Ana, Rui", ["!Ana", "!Rui"]],
    ["ana@, rui@example.net", ["!ana@", "rui@example.net"]],
    ["a..b@example.org", ["!a..b@example.org"]],
    ["ana@example..org", ["!ana@example..org"]],
    ['Ana "the boss <ana@example.org>', ['Ana "the boss|ana@example.org']],
    ["(", ["!("]],
    ["", []],
    [" , ;\n", []],
  ];
  test.each(cases)("%j", (text, want) => expect(read(text)).toEqual(want));
});

test("an endless paste is read in bounds", () => {
  expect(parse("a@b.c,".repeat(5000)).length).toBe(1000);
  const started = performance.now();
  parse('"'.repeat(20_000));
  parse("(".repeat(20_000));
  parse("a, ".repeat(20_000));
  expect(performance.now() - started).toBeLessThan(2000);
});

test("a name is quoted where it has to be, and read again as it was", () => {
  for (const name of ["Ana", "Silva, Ana", 'Ana "x" \\ y', "José da Silva", "a@b", "x; y", "R.(D.)"]) {
    const one = { name, email: "ana@example.org" };
    expect(parse(written(one))).toEqual([{ ...one, isAddress: true }]);
  }
  expect(written({ name: null, email: "a@b.c" })).toBe("a@b.c");
});

test("each address stays once, with its name", () => {
  const some = [{ name: null, email: "A@x.y" }, { name: "Ana", email: "a@X.y" }, { name: null, email: "b@x.y" }];
  expect(unique(some)).toEqual([{ name: "Ana", email: "A@x.y" }, { name: null, email: "b@x.y" }]);
});

test("an address has bounds", () => {
  expect(isAddress(`${"a".repeat(64)}@x.y`)).toBe(true);
  expect(isAddress(`${"a".repeat(65)}@x.y`)).toBe(false);
  expect(isAddress("a b@x.y")).toBe(false);
  expect(isAddress("a@b@x.y")).toBe(false);
});

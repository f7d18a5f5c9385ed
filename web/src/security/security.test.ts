import { describe, expect, test } from "vitest";
import { Refused, Unreachable } from "../jmap/errors.ts";
import { problem } from "./host.ts";
import { octets, text } from "./passkeys.ts";
import { grouped, why } from "./said.ts";
import { en } from "./words/en.ts";
import { ptBR } from "./words/pt-BR.ts";
import { ptPT } from "./words/pt-PT.ts";

const refused = (name: string, detail = "", status = 422) => new Refused(status, `https://correio.example/problems/${name}`, detail);

describe("what the host refuses is worded", () => {
  const cases: [string, Error, string | undefined][] = [
    ["a code", refused("code"), en.refused.code],
    ["a weak password", refused("password", "a password needs at least 8 characters"), "The password needs at least 8 characters."],
    ["too many", refused("too-many", "there are 20 already, which is the most"), "There are 20 already, as many as there can be. Remove one first."],
    ["days", refused("days", "it can be good for 1 to 3650 days"), "It can be good for 1 to 3650 days."],
    ["a name", refused("name"), en.refused.name],
    ["too often", new Refused(429, "about:blank", ""), en.refused.often],
    ["something else is not", refused("unknown"), undefined],
    ["nor is a line that is broken", new Unreachable("x"), undefined],
  ];
  test.each(cases)("%s", (_, error, want) => expect(why(error, en.refused)).toBe(want));
  test("a proof is asked for by its name", () => {
    expect(problem(refused("confirm", "", 403))).toBe("confirm");
    expect(problem(new Refused(403, "about:blank", ""))).toBe(undefined);
  });
});

test("octets go to the host in base64url and come back", () => {
  for (let length = 0; length < 70; length += 1) {
    const some = Uint8Array.from({ length }, (_, at) => (at * 37 + length * 11) % 256);
    const written = text(some.buffer);
    expect(written).toMatch(/^[A-Za-z0-9_-]*$/);
    expect(Array.from(octets(written))).toEqual(Array.from(some));
  }
});

test("a secret is read out by fours", () => expect(grouped("GEZDGNBVGY")).toBe("GEZD GNBV GY"));

test("each language has words of its own", () => {
  for (const [name, said] of Object.entries(en)) {
    if (typeof said !== "string") continue;
    expect(ptPT[name as keyof typeof ptPT], name).not.toBe(said);
    expect(ptBR[name as keyof typeof ptBR], name).not.toBe(said);
  }
});

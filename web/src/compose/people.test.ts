import { describe, expect, it } from "vitest";
import { joined, suggest, weighed } from "./people.ts";

const person = (name: string | null, email: string) => ({ name, email });

describe("completion", () => {
  const people = weighed([
    { addresses: [person(null, "rui@example.org"), person("Rui", "RUI@example.org"), person("Inês Lima", "ines@example.org")], weight: 4 },
    { addresses: [person("Inês Carvalho", "ines.c@example.net")], weight: 1 },
  ]);

  it("offers whom one writes to most, each once, by the beginning of a word without its accents", () => {
    expect(suggest(people, "in", []).map(({ email }) => email)).toEqual(["ines@example.org", "ines.c@example.net"]);
    expect(suggest(people, "rui", [])).toMatchObject([{ name: "Rui", email: "rui@example.org" }]);
    expect(suggest(people, "ines carv", []).map(({ email }) => email)).toEqual(["ines.c@example.net"]);
    expect(suggest(people, "in", [person(null, "INES@example.org")]).map(({ email }) => email)).toEqual(["ines.c@example.net"]);
  });

  it("offers groups by their names", () => {
    const group = { id: "C7", uid: "u", addressBookIds: {}, kind: "group" };
    const all = joined(people, [{ name: "Choir", email: "C7", also: "", group }]);
    expect(suggest(all, "cho", [])).toMatchObject([{ name: "Choir", group }]);
    expect(suggest(all, "c7", [])).toEqual([]);
  });

  it("takes names from contacts, and offers those whom one never wrote to behind the others", () => {
    const contacts = [
      { ...person("Rui Tavares", "Rui@example.org"), also: "Oficina" },
      { ...person("Marta Nogueira", "marta@example.net"), also: "Oficina Marta" },
    ];
    const all = joined(people, contacts);
    expect(suggest(all, "oficina", []).map(({ name, email }) => [name, email])).toEqual([
      ["Rui Tavares", "rui@example.org"],
      ["Marta Nogueira", "marta@example.net"],
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { type Card, lines, nameOf } from "./card.ts";
import { dateOf, emptyLine, formOf, isEmpty, patchOf, wrong } from "./form.ts";

const card: Partial<Card> = {
  name: { components: [{ kind: "title", value: "Dr." }, { kind: "given", value: "Ana" }, { kind: "surname", value: "Sousa" }], isOrdered: true },
  emails: { w: { address: "ana@example.org", contexts: { work: true }, pref: 1, label: "Office" } },
  phones: { m: { number: "912", features: { mobile: true, text: true } } },
  addresses: { h: { components: [{ kind: "name", value: "Rua" }, { kind: "number", value: "3" }, { kind: "locality", value: "Porto" }], countryCode: "PT" } },
  anniversaries: { x: { kind: "wedding", date: { month: 5, day: 1 } } },
};

describe("a card that is filled in", () => {
  it("changes nothing where nothing was touched", () => {
    expect(patchOf(card, formOf(card))).toEqual({});
    expect(patchOf({}, formOf({}))).toEqual({});
  });

  it("keeps what no field shows", () => {
    const form = formOf(card);
    form.given = "Ana Maria";
    form.emails[0] = { ...(form.emails[0] ?? emptyLine("work")), value: "ana@example.net", where: "private" };
    form.emails.push({ ...emptyLine("work"), value: " ana@work.example " });
    form.phones[0] = { ...(form.phones[0] ?? emptyLine("mobile")), where: "work" };
    form.birthday = { day: "29", month: "2", year: "" };
    expect(patchOf(card, form)).toEqual({
      name: { components: [{ kind: "title", value: "Dr." }, { kind: "given", value: "Ana Maria" }, { kind: "surname", value: "Sousa" }], isOrdered: true },
      emails: {
        w: { address: "ana@example.net", contexts: { private: true }, pref: 1, label: "Office" },
        e1: { address: "ana@work.example", contexts: { work: true } },
      },
      phones: { m: { number: "912", features: { text: true }, contexts: { work: true } } },
      anniversaries: {
        x: { kind: "wedding", date: { month: 5, day: 1 } },
        b1: { kind: "birth", date: { "@type": "PartialDate", month: 2, day: 29 } },
      },
    });
  });

  it("takes away what was emptied, and keeps the parts of an address that was not touched", () => {
    const form = formOf(card);
    form.phones = [];
    form.places.push({ id: "", where: "work", place: { street: "Av. 1", postcode: "", locality: "", region: "", country: "" } });
    expect(patchOf(card, form)).toEqual({
      phones: null,
      addresses: { h: card.addresses?.["h"], a1: { components: [{ kind: "name", value: "Av. 1" }], contexts: { work: true } } },
    });
  });

  it("has a name in two parts also where it was one text", () => {
    expect(formOf({ name: { full: "Ana Maria Sousa" } })).toMatchObject({ given: "Ana Maria", surname: "Sousa" });
    expect(formOf({ name: { full: "Ana" } })).toMatchObject({ given: "Ana", surname: "" });
  });

  it("says what is wrong, and only of what was touched", () => {
    const odd: Partial<Card> = { anniversaries: { b: { kind: "birth", date: { year: 1980 } } }, emails: { e: { address: "ana" } } };
    expect(wrong(odd, formOf(odd))).toBeUndefined();
    expect(wrong({}, { ...formOf({}), birthday: { day: "31", month: "4", year: "" } })).toBe("birthday");
    expect(wrong({}, { ...formOf({}), emails: [{ ...emptyLine("work"), value: "ana at example" }] })).toBe("emails");
    expect(isEmpty(formOf({}))).toBe(true);
  });
});

it.each([
  ["29", "2", "", { month: 2, day: 29 }],
  ["29", "2", "2023", undefined],
  ["1", "", "", undefined],
  ["x", "1", "", undefined],
  ["", "", "", null],
] as const)("the day %s %s %s", (day, month, year, want) => {
  const date = dateOf({ day, month, year });
  expect(date).toEqual(want && { "@type": "PartialDate", ...want });
});

it("a card is called by what it says", () => {
  expect(nameOf(card)).toBe("Dr. Ana Sousa");
  expect(nameOf({ organizations: { o: { name: "Padaria" } } })).toBe("Padaria");
  expect(nameOf({ emails: { a: { address: "a@x" }, b: { address: "b@x", pref: 1 } } })).toBe("b@x");
  expect(lines(card.addresses?.["h"] ?? {})).toEqual(["Rua 3", "Porto"]);
});

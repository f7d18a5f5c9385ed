import { describe, expect, it } from "vitest";
import type { Card } from "../card.ts";
import { folded, linesOf, textOf } from "./lines.ts";
import { dateOf, readCards } from "./read.ts";
import { writeCards } from "./write.ts";

const vcard = (...lines: string[]) => ["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD", ""].join("\r\n");

describe("a vCard", () => {
  it("is read with its name, ways to reach somebody, and what it says beside that", () => {
    const [card] = readCards(
      vcard(
        "UID:u-1",
        "FN:Dr. Inês Carvalho",
        "N:Carvalho;Inês;;Dr.;",
        "ORG:Ateliê\\, Lda.;Compras",
        "TITLE:Padeira",
        "EMAIL;TYPE=INTERNET,WORK,PREF:ines@example.net",
        "item1.EMAIL;TYPE=HOME:ines@casa.example",
        "TEL;TYPE=CELL:+351 912 345 678",
        "ADR;TYPE=HOME:;;Rua das Flores\\, 3;Porto;;4050-265;Portugal",
        "URL:https://example.net/",
        "NOTE:Uma linha\\noutra",
        "BDAY:19850412",
        "CATEGORIES:amigos,padaria",
        "X-THING;TYPE=a:b\\;c",
        "REV:20260101T000000Z",
      ),
    );
    expect(card).toEqual({
      uid: "u-1",
      name: { components: [{ kind: "title", value: "Dr." }, { kind: "given", value: "Inês" }, { kind: "surname", value: "Carvalho" }], isOrdered: true },
      organizations: { o1: { name: "Ateliê, Lda.", units: [{ name: "Compras" }] } },
      titles: { t1: { name: "Padeira", kind: "title" } },
      emails: {
        e1: { address: "ines@example.net", contexts: { work: true }, pref: 1 },
        e2: { address: "ines@casa.example", contexts: { private: true } },
      },
      phones: { p1: { number: "+351 912 345 678", features: { mobile: true } } },
      addresses: {
        a1: {
          components: [
            { kind: "name", value: "Rua das Flores, 3" },
            { kind: "locality", value: "Porto" },
            { kind: "postcode", value: "4050-265" },
            { kind: "country", value: "Portugal" },
          ],
          contexts: { private: true },
        },
      },
      links: { l1: { uri: "https://example.net/" } },
      notes: { n1: { note: "Uma linha\noutra" } },
      anniversaries: { d1: { kind: "birth", date: { "@type": "PartialDate", year: 1985, month: 4, day: 12 } } },
      keywords: { amigos: true, padaria: true },
      vCardProps: [["x-thing", {}, "unknown", "b\\;c"]],
    });
  });

  it("of an old telephone is read: no names of types, quoted-printable over several lines", () => {
    const old = ["BEGIN:VCARD", "VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Concei=C3=A7=C3=A3o;Jo=", "=C3=A3o;;;", "TEL;CELL;PREF:912", "END:VCARD"];
    const [card] = readCards(old.join("\n"));
    expect(card?.name?.components).toEqual([{ kind: "given", value: "João" }, { kind: "surname", value: "Conceição" }]);
    expect(card?.phones).toEqual({ p1: { number: "912", features: { mobile: true }, pref: 1 } });
  });

  it("that is a group names its members by the uids that they have", () => {
    const text =
      vcard("UID:a", "FN:Ana") +
      vcard("UID:g", "FN:Choir", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:zz");
    expect(readCards(text)[1]).toEqual({ uid: "g", name: { full: "Choir" }, kind: "group", members: { a: true, "urn:uuid:zz": true } });
  });

  it("comes back as it was written", () => {
    const cards: Partial<Card>[] = [
      {
        uid: "u-2",
        name: { components: [{ kind: "given", value: "Ana; a \\ grande" }, { kind: "surname", value: "Sousa, de" }], isOrdered: true },
        emails: { e1: { address: "ana@example.org", contexts: { private: true }, pref: 1 } },
        phones: { p1: { number: "1", features: { mobile: true }, contexts: { work: true } } },
        notes: { n1: { note: `á\n${"ç".repeat(100)}` } },
        anniversaries: { d1: { kind: "birth", date: { "@type": "PartialDate", month: 2, day: 29 } } },
        media: { m1: { kind: "photo", uri: `data:image/png;base64,${"QUJD".repeat(40)}` } },
      },
    ];
    const [card] = readCards(writeCards(cards));
    // Commas in a part of a name stand for several names.
    expect(card?.name?.components?.[0]).toEqual({ kind: "given", value: "Ana; a \\ grande" });
    const { name: _, ...rest } = card ?? {};
    const { name: __, ...wanted } = cards[0] ?? {};
    expect(rest).toEqual(wanted);
  });

  it("is folded between letters", () => {
    const text = folded(`NOTE:${"é".repeat(80)}`);
    expect(text.split("\r\n").every((line) => new TextEncoder().encode(line).length <= 75)).toBe(true);
    expect(linesOf(text)[0]?.value).toBe("é".repeat(80));
  });

  it("of Windows is read with its letters", () => {
    expect(textOf(Uint8Array.of(0x46, 0x4e, 0x3a, 0xe9))).toBe("FN:é");
  });

  it.each([
    ["1985-04-12", { year: 1985, month: 4, day: 12 }],
    ["19850412T102200Z", { year: 1985, month: 4, day: 12 }],
    ["--0412", { month: 4, day: 12 }],
    ["--04-12", { month: 4, day: 12 }],
    ["1604-04-12", { month: 4, day: 12 }],
    ["1985", { year: 1985 }],
    ["soon", undefined],
    ["1985-13-01", undefined],
  ])("has a day: %s", (text, want) => {
    expect(dateOf(text)).toEqual(want && { "@type": "PartialDate", ...want });
  });

  it("that is none gives nothing", () => {
    expect(readCards("BEGIN:VCARD\nEND:VCARD\nhello\nBEGIN:VCARD\nFN:x")).toEqual([]);
  });
});

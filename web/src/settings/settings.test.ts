import { describe, expect, it } from "vitest";
import type { Activity } from "../jmap/types.ts";
import { local, utc } from "./dates.ts";
import { by, counted, sentence } from "./said.ts";
import { en } from "./words/en.ts";
import { ptPT } from "./words/pt-PT.ts";

describe("a change", () => {
  const change: Activity = {
    id: "L1",
    at: "2026-11-24T10:00:00Z",
    by: { door: "pop3", device: "Office PC", address: "192.0.2.7" },
    action: "moved",
    mailboxId: "F2",
    mailboxName: "Archive",
    fromMailboxId: "F1",
    fromMailboxName: "INBOX",
    count: 3,
    emailIds: [],
  };
  const folder = (_: string | null, name: string | null) => name ?? "gone";

  it("says what was done to how much, and where", () => {
    expect(sentence(change, en.activity, folder)).toBe("3 messages moved from INBOX to Archive");
    expect(sentence({ ...change, count: 1 }, ptPT.activity, folder)).toBe("1 mensagem movida de INBOX para Archive");
    expect(sentence({ ...change, action: "destroyed", mailboxName: null }, en.activity, folder)).toBe("3 messages deleted for good from gone");
    expect(sentence({ ...change, action: "unheardOf" }, en.activity, folder)).toBe("Another change: unheardOf");
  });

  it("says who made it", () => {
    expect(by(change.by, en.activity)).toBe("over POP3 with Office PC from 192.0.2.7");
    expect(by({ door: "system", device: null, address: null }, ptPT.activity)).toBe("pelo servidor");
    expect(by({ door: "telegraph", device: null, address: null }, en.activity)).toBe("telegraph");
  });
});

it("an import is counted over all folders", () => {
  const one = { mailboxId: "F1", name: "a", imported: 2, known: 1, refused: 0, refusals: [] };
  expect(counted({ mailboxes: [one, { ...one, imported: 5, refused: 1 }] })).toEqual({ imported: 7, known: 2, refused: 1 });
});

it("dates are those of the place in fields, and of Greenwich on the host", () => {
  const date = "2026-07-01T09:30:00Z";
  expect(utc(local(date))).toBe(date);
  expect([local(null), utc(""), utc("soon"), local("soon")]).toEqual(["", null, null, ""]);
});

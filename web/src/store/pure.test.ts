import { describe, expect, it } from "vitest";
import { Lru } from "./lru.ts";
import { effective, inverse, part, patched } from "./patch.ts";
import { comparators } from "./query.ts";
import { Sparse } from "./sparse.ts";

describe("a sparse list", () => {
  it("knows what it was told, at any place", () => {
    const rows = new Sparse();
    rows.put(73_214, ["a", "b"]);
    expect([rows.at(73_214), rows.at(73_216), rows.placeOf("b"), rows.size]).toEqual(["a", undefined, 73_215, 2]);
    expect(rows.missing(73_213, 73_217)).toEqual({ from: 73_213, to: 73_217 });
    expect(rows.missing(73_214, 73_216)).toEqual({ from: 73_216, to: 73_216 });
    expect(rows.missing(73_214, 73_215)).toBeUndefined();
  });

  it("closes up behind what went, as a plain list does", () => {
    // Beside a list that is whole, with everything at random but the same each time.
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round += 1) {
      let whole = Array.from({ length: 60 }, (_, at) => `r${round}-${at}`);
      const rows = new Sparse();
      for (let part_ = 0; part_ < 3; part_ += 1) {
        const from = random(50);
        rows.put(from, whole.slice(from, from + random(12)));
      }
      const known = new Set(whole.filter((id) => rows.placeOf(id) !== undefined));
      const gone = [...known].filter(() => random(3) === 0);
      expect(rows.remove(gone)).toBe(gone.length);
      whole = whole.filter((id) => !gone.includes(id));
      for (const [at, id] of whole.entries()) expect(rows.at(at)).toBe(known.has(id) ? id : undefined);
    }
  });

  it("has each id once, where it was seen last", () => {
    const rows = new Sparse();
    rows.put(0, ["a", "b", "c"]);
    rows.put(1, ["a"]);
    expect([rows.at(0), rows.at(1), rows.at(2), rows.placeOf("b")]).toEqual([undefined, "a", "c", undefined]);
  });

  it("forgets what is far away", () => {
    const rows = new Sparse();
    rows.put(0, ["a", "b", "c"]);
    rows.keep(1, 1);
    expect([rows.at(0), rows.at(1), rows.at(2), rows.size]).toEqual([undefined, "b", undefined, 1]);
  });
});

describe("a patch", () => {
  const email = { keywords: { $seen: true, "a/b": true }, mailboxIds: { F1: true } } as const;

  it("is taken back by its inverse, of what it changes alone", () => {
    const patch = { "keywords/$seen": true, "keywords/$flagged": true, "keywords/a~1b": null, "mailboxIds/F1": null, "mailboxIds/F4": true };
    const after = patched({ ...email }, patch);
    expect(after).toEqual({ keywords: { $seen: true, $flagged: true }, mailboxIds: { F4: true } });
    expect(inverse(email, patch)).toEqual({ "keywords/$flagged": null, "keywords/a~1b": true, "mailboxIds/F1": true, "mailboxIds/F4": null });
    expect(patched(after, inverse(email, patch))).toEqual(email);
  });

  it("leaves out what is so already", () => {
    expect(effective(email, { "keywords/$seen": true, "keywords/x": null, "mailboxIds/F9": true })).toEqual({ "mailboxIds/F9": true });
  });

  it("writes names as JSON pointers do", () => expect(part("a/b~c")).toBe("a~1b~0c"));
});

describe("a bounded map", () => {
  it("forgets what was not asked for longest", () => {
    const map = new Lru<number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");
    map.set("c", 3);
    expect([map.get("a"), map.get("b"), map.get("c"), map.size]).toEqual([1, undefined, 3, 2]);
  });
});

it("orders equal ones by date", () => {
  expect(comparators({ by: "size", isAscending: false })).toEqual([
    { property: "size", isAscending: false },
    { property: "receivedAt", isAscending: false },
  ]);
  expect(comparators({ by: "date", isAscending: true })).toEqual([{ property: "receivedAt", isAscending: true }]);
});

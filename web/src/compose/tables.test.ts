import { describe, expect, test } from "vitest";
import { type Spanning, gridOf, newColumn, newRow, placeOf, width, withoutColumn, withoutRow } from "./tables.ts";

interface Cell extends Spanning {
  name: string;
}
/** `a`, `b2` spans two columns, `c.2` two rows, `d2.3` both. */
function cell(said: string): Cell {
  const [, name = "", columns, , rows] = /^([a-z]+)(\d)?(\.(\d))?$/.exec(said) ?? [];
  return { name, colSpan: Number(columns ?? 1), rowSpan: Number(rows ?? 1) };
}
const table = (...rows: string[]) => gridOf(rows.map((row) => row.split(" ").filter(Boolean).map(cell)));
const shown = (grid: ReturnType<typeof table>) => grid.map((cells) => Array.from(cells, (one) => one?.name ?? "-").join(" "));
const names = (cells: Iterable<Cell>) => Array.from(cells, ({ name }) => name).join(" ");
const spans = table("a b2 c.2", "d.2 e f", "g h i");

describe("where cells stand", () => {
  const cases: [string, string[], string[]][] = [
    ["plain", ["a b", "c d"], ["a b", "c d"]],
    ["across and down", ["a b2 c.2", "d.2 e f", "g h i"], ["a b b c", "d e f c", "d g h i"]],
    ["a row that is shorter", ["a b", "c"], ["a b", "c"]],
    ["further down than there are rows", ["a.9 b", "c"], ["a b", "a c"]],
    ["a row of nothing", ["a.2", ""], ["a", "a"]],
    ["one where another reaches to", ["a b.2", "c2"], ["a b", "c b"]],
  ];
  test.each(cases)("%s", (_, rows, want) => expect(shown(table(...rows))).toEqual(want));
  test("a hostile one ends", () => {
    const huge = gridOf([[{ name: "x", colSpan: 1e9, rowSpan: 1e9 }], ...Array.from({ length: 5000 }, () => [cell("y")])]);
    expect([huge.length, width(huge)]).toEqual([200, 60]);
  });
  test("a place", () => expect(placeOf(spans, spans[1]?.[3] as Cell)).toEqual({ row: 0, column: 3 }));
});

describe("columns", () => {
  const cells = (change: ReturnType<typeof newColumn<Cell>>) => [...change.cells].map(([row, before]) => `${row}:${before?.name ?? ""}`).join(" ");
  test.each([
    [0, "", "0:a 1:d 2:g"],
    [1, "", "0:b 1:e 2:g"],
    [2, "b", "1:f 2:h"],
    [3, "", "0:c 1: 2:i"],
    [4, "", "0: 1: 2:"],
  ])("one comes at %i", (at, wider, want) => {
    const change = newColumn(spans, at);
    expect([names(change.wider), cells(change)]).toEqual([wider, want]);
  });
  test.each([
    [0, "a d", ""],
    [1, "e g", "b"],
    [3, "c i", ""],
    [9, "", ""],
  ])("that at %i goes", (at, gone, narrower) => {
    const change = withoutColumn(spans, at);
    expect([names(change.gone), names(change.narrower)]).toEqual([gone, narrower]);
  });
});

describe("rows", () => {
  test.each([
    [0, "", 4],
    [1, "c", 3],
    [2, "d", 3],
    [3, "", 4],
  ])("one comes at %i", (at, taller, count) => {
    const change = newRow(spans, at);
    expect([names(change.taller), change.count]).toEqual([taller, count]);
  });
  test.each([
    [0, "c", "c before "],
    [1, "d c", "d before g"],
    [2, "d", ""],
  ])("that at %i goes", (at, shorter, moved) => {
    const change = withoutRow(spans, at);
    expect([names(change.shorter), [...change.moved].map(([one, before]) => `${one.name} before ${before?.name ?? ""}`).join(" ")]).toEqual([shorter, moved]);
  });
});

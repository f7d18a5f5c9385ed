import { describe, expect, it } from "vitest";
import { HEIGHT_MAX, Scrolling } from "./scrolling.ts";

function list(rows: number, rowHeight = 83, viewport = 900): Scrolling {
  const scrolling = new Scrolling();
  scrolling.measure({ rows, rowHeight, viewport });
  return scrolling;
}

describe("a list of any length", () => {
  it("is as high as its rows, up to what browsers take", () => {
    expect(list(10).height).toBe(830);
    expect(list(1_000_000).height).toBe(HEIGHT_MAX);
  });

  it("draws at most 60 rows", () => {
    for (const [rows, rowHeight, viewport] of [[1_000_000, 50, 4000], [3, 83, 900], [100_000, 83, 1400]] as const) {
      const { first, last } = list(rows, rowHeight, viewport).drawn;
      expect(last - first + 1).toBeLessThanOrEqual(60);
      expect(last).toBeLessThan(rows);
    }
  });

  it("reaches each end and each place by the scroll bar", () => {
    const scrolling = list(1_000_000);
    scrolling.scrolled(HEIGHT_MAX - 900);
    expect(scrolling.seen.last).toBe(999_999);
    scrolling.scrolled((HEIGHT_MAX - 900) / 2);
    expect(Math.abs(scrolling.seen.first - 500_000)).toBeLessThan(20);
    scrolling.scrolled(0);
    expect(scrolling.seen.first).toBe(0);
  });

  it("moves by as many pixels as a wheel says, however long it is", () => {
    const scrolling = list(1_000_000);
    let page = scrolling.goTo(40_000_000);
    const before = scrolling.top;
    for (let step = 0; step < 50; step += 1) page = scrolling.scrolled(page + 100);
    expect(scrolling.top - before).toBeCloseTo(5000, 5);
    page = scrolling.settled();
    expect(scrolling.top - before).toBeCloseTo(5000, 5);
    expect(scrolling.place(scrolling.seen.first)).toBeGreaterThan(page - 83);
  });

  it("leaves out no row on the way to the top by small steps", () => {
    const scrolling = list(1_000_000);
    let page = scrolling.goTo(30_000);
    const seen = new Set<number>();
    for (let step = 0; step < 2000 && scrolling.top > 0; step += 1) {
      page = scrolling.scrolled(Math.max(0, page - 60));
      seen.add(scrolling.seen.first);
    }
    expect(scrolling.top).toBe(0);
    for (let row = 0; row < 360; row += 1) expect(seen.has(row)).toBe(true);
  });

  it("shows a row that is asked for, and stays where it is seen already", () => {
    const scrolling = list(1_000_000);
    scrolling.reveal(73_214);
    expect(scrolling.seen.first).toBeLessThanOrEqual(73_214);
    expect(scrolling.seen.last).toBeGreaterThanOrEqual(73_214);
    const { top } = scrolling;
    scrolling.reveal(73_213);
    expect(scrolling.top).toBe(top);
  });

  it("keeps the row on top when rows get another height", () => {
    const scrolling = list(5000);
    scrolling.goTo(83 * 700);
    scrolling.measure({ rows: 5000, rowHeight: 50, viewport: 900 });
    expect(scrolling.seen.first).toBe(700);
  });
});

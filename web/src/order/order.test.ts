import { describe, expect, it } from "vitest";
import { offered } from "./commands.ts";
import { wiped } from "./swipe.ts";

describe("the palette", () => {
  const offers = ["Archive", "Go to Archive", "Move to São João", "Mark as read", "Unarchive"].map((label) => ({ label, detail: "", run: () => undefined }));
  const labels = (typed: string) => offered(offers, typed).map(({ label }) => label);
  it.each([
    ["", ["Archive", "Go to Archive", "Move to São João", "Mark as read", "Unarchive"]],
    ["arch", ["Archive", "Go to Archive", "Unarchive"]],
    ["go arch", ["Go to Archive"]],
    ["sao", ["Move to São João"]],
    ["mo joao", ["Move to São João"]],
    ["xyz", []],
  ])("%j", (typed, want) => expect(labels(typed)).toEqual(want));
});

describe("a row that is wiped", () => {
  const from = { x: 100, y: 100 };
  it.each([
    [{ x: 108, y: 92 }, "undecided"],
    [{ x: 110, y: 130 }, "scrolls"],
    [{ x: 150, y: 110 }, { by: 50, isMeant: false }],
    [{ x: -20, y: 110 }, { by: -120, isMeant: true }],
    [{ x: 217, y: 100 }, { by: 117, isMeant: true }],
  ])("to %j", (to, want) => expect(wiped(from, to, 390)).toEqual(want));
  it("is meant at the reach of a thumb on wide screens", () => expect(wiped(from, { x: 245, y: 100 }, 900)).toEqual({ by: 145, isMeant: true }));
});

import { describe, expect, it } from "vitest";
import { type Deed, History } from "./history.svelte.ts";

function deeds() {
  const log: string[] = [];
  const deed = (said: string): Deed => ({
    said,
    undo: async () => void log.push(`-${said}`),
    redo: async () => void log.push(`+${said}`),
  });
  return { log, deed, history: new History() };
}

describe("what was done", () => {
  it("is taken back last first, and done again in order", async () => {
    const { log, deed, history } = deeds();
    for (const said of ["a", "b", "c"]) history.note(deed(said));
    await history.undo();
    await history.undo();
    await history.redo();
    expect(log).toEqual(["-c", "-b", "+b"]);
    history.note(deed("d"));
    expect(history.canRedo).toBe(false);
  });

  it("is taken back by its own button, whatever came after it", async () => {
    const { log, deed, history } = deeds();
    const first = deed("a");
    history.note(first);
    history.note(deed("b"));
    expect(await history.undo(first)).toBe(first);
    expect(await history.undo(first)).toBeUndefined();
    await history.undo();
    expect(log).toEqual(["-a", "-b"]);
    expect(history.canUndo).toBe(false);
  });

  it("can be taken back later where that failed", async () => {
    const history = new History();
    let isBroken = true;
    const undo = async () => {
      if (isBroken) throw new Error("offline");
    };
    history.note({ said: "a", undo, redo: async () => undefined });
    await expect(history.undo()).rejects.toThrow("offline");
    isBroken = false;
    expect((await history.undo())?.said).toBe("a");
  });

  it("is bounded", async () => {
    const { deed, history } = deeds();
    for (let at = 0; at < 80; at += 1) history.note(deed(String(at)));
    let count = 0;
    while (await history.undo()) count += 1;
    expect(count).toBe(50);
  });
});

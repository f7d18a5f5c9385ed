// The composer's styles come later than those of the screens, and hold for the whole page: none of their names may be one of theirs.
// (Not TypeScript, so that the page's own types need none of Node's.)

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const source = join(import.meta.dirname, "..");
const read = (...path) => readFileSync(join(source, ...path), "utf8");
const templates = (folder) => readdirSync(join(source, folder)).filter((name) => name.endsWith(".svelte")).map((name) => read(folder, name));

/** The names that rules begin with. */
const begun = (css) => [...css.matchAll(/^\s*\.([\w-]+)/gm)].map((match) => match[1]);

/** The names that elements have in a template. */
function used(template) {
  const attributes = template.matchAll(/class(?:="([^"{]*)"|=\{\[([^\]]*)\]\})/g);
  return [...attributes].flatMap((match) => (match[1] ?? match[2]).match(/[\w-]+/g) ?? []);
}

describe("the composer's styles", () => {
  it("name nothing that stands on the screens", () => {
    const theirs = new Set([...templates("screens"), ...templates("ui"), read("App.svelte")].flatMap(used));
    const names = begun(read("compose", "compose.css"));
    expect(names.length).toBeGreaterThan(20);
    expect(theirs.has("tools") && theirs.has("waiting")).toBe(true);
    expect(names.filter((name) => theirs.has(name))).toEqual([]);
  });
});

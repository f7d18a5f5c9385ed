import { beforeAll, describe, expect, it, vi } from "vitest";

// The module reads where the browser is when it is loaded.
vi.stubGlobal("location", { pathname: "/m/", search: "" });
vi.stubGlobal("addEventListener", () => undefined);

describe("an address", () => {
  let place: typeof import("./place.svelte.ts");
  beforeAll(async () => {
    place = await import("./place.svelte.ts");
  });

  it.each([
    "/m/",
    "/m/F1",
    "/m/F1/T2",
    "/m/inbox/T2",
    "/m/F1/T2?alone=1",
    "/m/inbox/T2?alone=1",
    "/m/search?q=from%3Aana",
    "/m/search/T2?q=a&in=F1&alone=1",
    "/m/settings",
  ])("%s says where one is, and is made of that again", (text) => {
    const [path = "", query = ""] = text.split("?");
    expect(place.address(place.parse(path, query))).toBe(text);
  });

  it("of something else leads to the inbox", () => {
    for (const path of ["/m/%E0%A4%A", "/m/inbox", "/elsewhere"]) expect(place.address(place.parse(path, ""))).toBe("/m/");
    expect(place.parse("/m/F1", "alone=1")).toEqual({ kind: "mailbox", mailboxId: "F1", threadId: undefined });
  });
});

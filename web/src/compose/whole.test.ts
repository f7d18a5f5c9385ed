import { expect, it } from "vitest";
import { messageFile } from "./whole.ts";

it("a message as a file has a name that every system takes", () => {
  const file = (subject: string | null) => messageFile({ subject, blobId: "B1", size: 7 }, "k").name;
  expect([file("Re: a/b\u0000c"), file(null), file("///"), file("x".repeat(200)).length]).toEqual(["Re  a b c.eml", "message.eml", "message.eml", 84]);
});

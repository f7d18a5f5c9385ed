import { expect, it } from "vitest";
import { resentHead } from "./resent.ts";

it("a message that is passed on says by whom, to whom and when, and nothing but ASCII", () => {
  const head = resentHead({
    from: { name: "João P. Lima", email: "joao@example.org" },
    to: [{ name: "Rui T.", email: "rui@example.org" }, { name: null, email: "eva@example.org" }, { name: "Eva\r\nBcc: x@y", email: "e@example.org" }],
    date: new Date(Date.UTC(2026, 10, 3, 4, 5, 6)),
    messageId: "1@example.org",
  });
  expect(head).toBe(
    [
      "Resent-Date: Tue, 3 Nov 2026 04:05:06 +0000",
      "Resent-From: =?utf-8?B?Sm/Do28gUC4gTGltYQ==?= <joao@example.org>",
      'Resent-To: "Rui T." <rui@example.org>,',
      " eva@example.org,",
      " =?utf-8?B?RXZhIEJjYzogeEB5?= <e@example.org>",
      "Resent-Message-ID: <1@example.org>",
      "",
    ].join("\r\n"),
  );
  const long = resentHead({ from: { name: "é".repeat(100), email: "a@x" }, to: [], date: new Date(0), messageId: "2@x" });
  expect(long.split("\r\n").every((line) => line.length <= 78 + 12)).toBe(true);
});

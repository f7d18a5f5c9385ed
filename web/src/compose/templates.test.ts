import { expect, it } from "vitest";
import { templatesOf } from "./templates.ts";

it("templates are told from other preferences, whatever stands there", () => {
  const values = {
    "webmail.theme": "dark",
    "webmail.template.2": { name: "Thanks", subject: "Thank you", html: "<b>Thanks</b>", text: "Thanks" },
    "webmail.template.1": { name: "Away", text: 7 },
    "webmail.template.3": "nothing",
  };
  expect(templatesOf(values)).toEqual([
    { id: "1", name: "Away", subject: "", html: null, text: "" },
    { id: "2", name: "Thanks", subject: "Thank you", html: "<b>Thanks</b>", text: "Thanks" },
  ]);
});

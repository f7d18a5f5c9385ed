// What is said of news on the desktop. English; the type of all is that of this one.

import { plural } from "../../words/plural.ts";

const count = plural("en");

export const en = {
  title: "Notifications",
  states: {
    on: "This browser tells you of new messages while a tab of the webmail is open and you look at something else.",
    off: "This browser does not tell you of new messages.",
    denied: "This browser does not let this page tell you of new messages. You can change that in its settings for this site.",
    missing: "This browser cannot tell you of new messages.",
  },
  turnOn: "Tell me of new messages",
  turnOff: "Do not tell me any more",
  folders: "Of messages in",
  many: (n: number) => count(n, { one: "# new message", other: "# new messages" }),
};

export type Texts = typeof en;

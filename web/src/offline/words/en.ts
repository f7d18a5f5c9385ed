// What is said where the host cannot be reached. English; the type of all is that of this one.

import { plural } from "../../words/plural.ts";

const n = plural("en");

export const en = {
  nothingKept: "The host cannot be reached. What you see may be old.",
  away: "No connection. You see what is kept in this browser.",
  alsoWaits: (count: number) => n(count, { one: "# thing waits to be sent.", other: "# things wait to be sent." }),
  sending: (count: number) => n(count, { one: "Connected again. # thing is being sent.", other: "Connected again. # things are being sent." }),
  login: "Log in to send what waits.",
  stranger: (user: string) => `Somebody else is logged in now. What waits here is sent when ${user} logs in again.`,
  reload: "Load anew",
  troubles: (count: number) => n(count, { one: "# thing that you did without a connection could not be done.", other: "# things that you did without a connection could not be done." }),
  showWaiting: "Show what waits",
  showTroubles: "Show",

  here: "Waiting in this browser",
  hereHint: "In this order, as soon as the host can be reached.",
  mailTo: (whom: string) => `Message to ${whom}`,
  draft: "Draft",
  takeBack: "Take back",
  edit: "Edit",
  understood: "Understood",
  somewhere: "another folder",
  troubled: "Could not be done",
  gone: (count: number) => n(count, { one: "# message was deleted meanwhile; nothing was done to it.", other: "# messages were deleted meanwhile; nothing was done to them." }),
  moved: (count: number) => n(count, { one: "# message was moved elsewhere meanwhile, and stays there.", other: "# messages were moved elsewhere meanwhile, and stay there." }),
  mailboxGone: (count: number) => n(count, { one: "The folder is not there any more; # message stays where it is.", other: "The folder is not there any more; # messages stay where they are." }),
  refused: "The host did not do it.",

  keeping: "Without a connection",
  keep: "Keep mail in this browser",
  keepHint: "The newest 500 messages of the inbox and what you opened can be read without a connection, and what you do is sent later. Switch this off where the computer is not your own.",
  kept: (count: number, octets: string) => n(count, { one: `# message, ${octets}`, other: `# messages, ${octets}` }),
  impossible: "This browser cannot keep mail here.",
  lose: {
    title: "Some of your work is not sent",
    text: (count: number) => n(count, { one: "# thing waits in this browser and would be lost.", other: "# things wait in this browser and would be lost." }),
    go: "Lose it",
  },
};

export type Texts = typeof en;

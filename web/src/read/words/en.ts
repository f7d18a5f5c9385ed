// What is said about messages that are read. English; the type of all is that of this one.

export const en = {
  notKept: "This message is not kept in this browser. It is shown as soon as the host can be reached.",
  list: "Mailing list",
  unsubscribe: "Unsubscribe",
  leaveTitle: "Leave this mailing list?",
  leaveByPage: (host: string) =>
    `The page of the list at ${host} opens in a new tab. It may ask you to confirm there, and learns, as every page does, from where you come.`,
  leaveByMail: (to: string) => `A message to ${to} is written for you. Once you send it, the list should take you off.`,
  leaveGoPage: "Open the page",
  leaveGoMail: "Write the message",
  oneClick: {
    text: (host: string) => `This host asks ${host} to take you off the list. It says nothing else of you, and opens no page.`,
    go: "Unsubscribe",
    title: (host: string) => `${host} took you off the list`,
    not: {
      notOffered: "The message does not offer it in a way that can be relied upon.",
      notSigned: "The message is not signed, so that anybody may have written the address there.",
      notReached: "The list could not be reached.",
      refused: "The list did not take it.",
      tooMany: "You left many lists within an hour.",
      off: "The host does not do this.",
    },
  },

  doubt: {
    title: "Be careful with this message",
    otherAddress: (said: string, is: string) => `The name says ${said}, but the message says that it comes from ${is}.`,
    letters: (domain: string) => `The sender's domain ${domain} has letters that look like others.`,
    looksLike: (domain: string, known: string) => `The sender's domain ${domain} looks like ${known}, and is another one.`,
    otherPerson: (name: string, known: string) => `You know a ${name} with another address: ${known}.`,
    answersElsewhere: (to: string) => `Answers to it go to ${to}.`,
    link: (said: string, leads: string) => `A link says ${said}, but leads to ${leads}.`,
  },
  first: (address: string) => `This is the first message from ${address}.`,

  alwaysPictures: (address: string) => `Always from ${address}`,
  neverPictures: (address: string) => `Stop showing pictures from ${address}`,
  always: (address: string) => `Pictures from ${address} are always shown now`,
  notAlways: (address: string) => `Pictures from ${address} are not shown any more`,
  tooMany: "There are too many such addresses already",

  makeRule: "Make a rule…",
  block: (address: string) => `Block ${address}`,
  mute: "Mute conversation",
  unmute: "Let it into the inbox again",
  muted: "Muted",

  onDark: "Show on a dark ground",
  onLight: "Show on a light ground",
  print: "Print",
  printAll: "Print conversation",
  newTab: "Open in a new tab",
  closeTab: "Close this tab",

  view: (name: string) => `View ${name}`,
  place: (at: number, all: number) => `${at} of ${all}`,
  previous: "Previous attachment",
  next: "Next attachment",
  pictureBroken: "This picture cannot be shown. Download it to open it with another program.",
  textCut: (size: string) => `Only the first ${size} are shown. Download the file to see all of it.`,
  textFailed: "The file could not be loaded",
};

export type Texts = typeof en;

// English. The type of all dictionaries of this part is that of this one.

import { plural } from "../../words/plural.ts";

const count = plural("en");

export const en = {
  hint: "What is changed here counts at once, on all devices. Before a change you prove once more that it is you, if that was more than ten minutes ago.",

  password: "Password",
  passwordSet: (day: string) => `Last changed on ${day}.`,
  passwordHint: "After a change you stay logged in here, and nowhere else. App passwords stay as they are.",
  passwordChange: "Change password",
  passwordNew: "New password",
  passwordAgain: "The same once more",
  passwordChanged: "Password changed",
  unlike: "The new password was not typed the same twice.",

  twoSteps: "Login in two steps",
  appNone: "A password can be guessed or stolen. With an authenticator app on your phone, pages ask for a code of it as well.",
  appSince: (day: string) => `Pages ask for a code of your authenticator app, since ${day}.`,
  appBegin: "Set up an authenticator app",
  appOther: "Use another app",
  appRemove: "Turn it off",
  appScan: "Point the app of your phone at this picture.",
  appPicture: "QR code for the authenticator app",
  appType: "If it cannot read it, type this in:",
  appHere: "The app is on this device: open it",
  appCode: "The six digits that the app shows now",
  appConfirm: "Turn it on",
  appAdded: "From now on pages ask for a code",
  appRemoved: "Pages ask for no code any more",
  codes: "Recovery codes",
  codesHint: "Each of these lets you in once if you lose your phone. Print them, or keep them where you keep your other papers; they are shown this once.",
  codesLeft: (n: number) => count(n, { one: "# recovery code left.", other: "# recovery codes left." }),
  codesNew: "Make new recovery codes",
  codesDownload: "Keep as a file",
  codesFor: (user: string) => `Recovery codes for ${user}. Each lets you in once.`,
  codesFile: "recovery-codes",

  passkeys: "Passkeys",
  passkeysHint:
    "A passkey lies on your phone, your computer or a security key, and lets you in by your finger, your face or a PIN, without a password. No other site can ask for it.",
  passkeysNot: "This browser knows no passkeys.",
  passkeyName: "Name of the passkey",
  passkeyAdd: "Add a passkey",
  passkeyAdded: (name: string) => `Passkey ${name} added`,
  rename: (name: string) => `Rename ${name}`,
  renamed: (from: string, to: string) => `${from} is called ${to} now`,

  logins: "Where you are logged in",
  loginsHint: "Each browser is logged in until two weeks after it was last used.",
  someProgram: "A browser",
  thisOne: "this one",
  end: "End",
  endOne: (program: string, address: string) => `End: ${program} ${address}`.trimEnd(),
  ended: (program: string) => `${program} is logged out`,
  endOthers: "End all others",
  othersEnded: "All others are logged out",

  appPasswords: "App passwords",
  appPasswordsHint: "Give each mail program a password of its own. If a device is lost, remove its password here, and the others go on.",
  only: "Programs need an app password or a token",
  onlyHint: "Otherwise they may also log in with your main password, for which no code is asked.",
  onlyIs: (only: boolean): string => (only ? "Your main password is for pages alone now" : "Programs may log in with your main password"),
  tokens: "Access tokens",
  tokensHint: "For programs that log in with a token, and for those that you allowed on a page of this host.",
  device: "Name of the device",
  days: "Good for so many days",
  daysHint: "Empty: until you remove it.",
  add: "Make",
  addOne: (what: string) => `Make: ${what}`,
  save: "Save",
  remove: (name: string) => `Remove ${name}`,
  removed: (name: string) => `${name} removed`,
  madeFor: (name: string) => `For ${name}: shown this once`,
  madeHint: "Put it into the program on your device now. It is not kept here, and cannot be shown again.",
  copy: "Copy",
  copied: "Copied",
  notCopied: "It could not be copied. Mark it, and copy it yourself.",
  kept: "I have it",

  made: (day: string) => `made on ${day}`,
  used: (when: string) => `used ${when}`,
  neverUsed: "never used",
  until: (day: string) => `good until ${day}`,

  pop3: "POP3 of each device",
  pop3Hint: "What becomes of mail that a device deletes or fetches is chosen on a page of its own.",

  confirm: "Confirm that it is you",
  confirmHint: "This decides who gets in to your mail.",
  code: "Code of your app, or a recovery code",
  byCode: "Use a code",
  byPassword: "Use the password",
  byPasskey: "Use a passkey",
  wrong: "That is not right. Try again.",
  go: "Confirm",

  sure: {
    app: { title: "Turn the app off?", text: "From then on the password alone lets somebody in, unless you have passkeys.", go: "Turn it off" },
    codes: { title: "Make new recovery codes?", text: "The codes that you have will let nobody in any more.", go: "Make new ones" },
    passkey: { title: (name: string) => `Remove ${name}?`, text: "This passkey will let nobody in any more.", go: "Remove" },
    device: { title: (name: string) => `Remove ${name}?`, text: "What logs in with it is out at once.", go: "Remove" },
    others: {
      title: "End all other logins?",
      text: (n: number) => count(n, { one: "# other browser is logged out at once.", other: "# other browsers are logged out at once." }),
      go: "End all others",
    },
  },

  refused: {
    code: "That code is not right, was used already, or setting up took too long.",
    passkey: "That did not work with a passkey. They work where this host is reached by its own name, under https.",
    secondFactor: "Set up an authenticator app first.",
    password: (n: string) => `The password needs at least ${n} characters.`,
    name: "This name cannot be had: there is one of it already, or it is too long.",
    tooMany: (n: string) => `There are ${n} already, as many as there can be. Remove one first.`,
    days: (n: string) => `It can be good for 1 to ${n} days.`,
    often: "There were too many failed attempts. Wait a few minutes, and try again.",
  },
};

export type Texts = typeof en;

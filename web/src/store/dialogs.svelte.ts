// Which dialog is open, of those that are about messages or folders.

import type { EmailAddress, Id } from "../jmap/types.ts";

export type Open =
  | { kind: "move" }
  | { kind: "tags" }
  | { kind: "keys" }
  | { kind: "palette" }
  | { kind: "colour"; mailboxId: Id }
  | { kind: "searchHelp" }
  | { kind: "saveSearch"; line: string }
  | { kind: "makeFolder"; parentId: Id | null }
  | { kind: "renameFolder"; mailboxId: Id }
  | { kind: "moveFolder"; mailboxId: Id }
  | { kind: "rule"; from: EmailAddress }
  | { kind: "headers"; emailId: Id }
  | { kind: "source"; emailId: Id };

class Dialogs {
  open = $state.raw<Open | undefined>(undefined);

  show(open: Open): void {
    this.open = open;
  }

  close(): void {
    this.open = undefined;
  }
}

export const dialogs = new Dialogs();

// Mail in files: out as one file, in from several (docs/jmap/export.md, docs/jmap/import.md).

import { connection } from "../store/connection.svelte.ts";
import { fill, resolve } from "../jmap/session.ts";
import type { Id, ImportAnswer } from "../jmap/types.ts";
import { CAPABILITY } from "../jmap/types.ts";
import { sync } from "../store/sync.ts";

export const FORMATS = ["mbox", "zip", "maildir"] as const;
export type Format = (typeof FORMATS)[number];

/** The formats that the host knows. */
export function formats(): Format[] {
  const known = connection.client.capability("export")["formats"];
  return FORMATS.filter((format) => Array.isArray(known) && known.includes(format));
}

/** Where mail is downloaded: of one folder, or all of it. */
export function exportUrl(format: Format, mailboxId: Id | undefined, name: string): string {
  const { client } = connection;
  const said = client.session.capabilities[CAPABILITY.export] as { exportUrl: string };
  const url = resolve(client.session, fill(said.exportUrl, { accountId: client.accountId, name, format }));
  return mailboxId === undefined ? url : `${url}${url.includes("?") ? "&" : "?"}mailboxId=${encodeURIComponent(mailboxId)}`;
}

/** Has a file that was uploaded taken apart. */
export async function importBlob(blobId: Id, mailboxId: Id | null, name: string): Promise<ImportAnswer> {
  return await sync.during(() => connection.client.call("MailFile/import", { blobId, mailboxId, name }).answer);
}

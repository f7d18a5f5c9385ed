// A receipt that somebody asked for (RFC 8098): it goes only where its reader says so, and whatever they say, nobody asks again.

import { NotSet, failed } from "../actions/done.ts";
import type { Email } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { sync } from "../store/sync.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { longDate } from "../words/format.svelte.ts";
import { words } from "../words/words.svelte.ts";
import { identityFor } from "./recipients.ts";
import { texts } from "./words/texts.svelte.ts";

/** RFC 3503: this is set whether a receipt went or was refused. */
const MARK = { "keywords/$mdnsent": true };

export async function give(email: Email): Promise<void> {
  try {
    await texts.load();
    const { text } = texts;
    const { list } = await connection.client.call("Identity/get", { ids: null }).answer;
    const identity = identityFor({ replyTo: null, cc: null, bcc: null, ...email }, list);
    if (!identity) throw new NotSet("serverFail");
    const subject = email.subject || words.text.list.noSubject;
    const receipt = {
      forEmailId: email.id,
      subject: text.receiptSubject(subject),
      textBody: text.receiptText(subject, longDate(new Date().toISOString())),
      disposition: { actionMode: "manual-action", sendingMode: "mdn-sent-manually", type: "displayed" },
    };
    const asked = { identityId: identity.id, send: { receipt }, onSuccessUpdateEmail: { "#receipt": MARK } };
    const answer = await sync.during(() => connection.client.call("MDN/send", asked).answer);
    const refused = answer.notSent?.["receipt"];
    if (refused && refused.type !== "mdnAlreadySent") throw new NotSet(refused.type);
    toasts.show(text.receiptSent);
  } catch (error) {
    failed(error);
  }
}

export async function refuse(email: Email): Promise<void> {
  try {
    await texts.load();
    const answer = await sync.during(() => connection.client.call("Email/set", { update: { [email.id]: MARK } }).answer);
    const refused = answer.notUpdated?.[email.id];
    if (refused) throw new NotSet(refused.type);
    toasts.show(texts.text.receiptRefused);
  } catch (error) {
    failed(error);
  }
}

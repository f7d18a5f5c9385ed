// News on the desktop. Whether this browser tells them is kept in it, since it has to allow that; of which folders, on the host.

import type { Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { LIST_PROPERTIES, emails } from "../store/emails.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { here } from "../store/place.svelte.ts";
import { preferences } from "../store/preferences.svelte.ts";
import { sync } from "../store/sync.ts";
import { words } from "../words/words.svelte.ts";
import { type News, newsOf } from "./news.ts";
import { texts } from "./words/texts.ts";

export const KEPT = "correio.notifies";

export type State = "on" | "off" | "denied" | "missing";

class Notifications {
  #isOn = $state(localStorage.getItem(KEPT) === "1");
  #permission = $state(typeof Notification === "undefined" ? undefined : Notification.permission);

  get state(): State {
    if (this.#permission === undefined) return "missing";
    if (this.#permission === "denied") return "denied";
    return this.#isOn && this.#permission === "granted" ? "on" : "off";
  }

  /** The folders that are told of: the inbox, unless others were chosen. */
  get folders(): readonly Id[] {
    const inbox = mailboxes.withRole("inbox")?.id;
    return preferences.values.notifies ?? (inbox === undefined ? [] : [inbox]);
  }

  /** Asks the browser, which asks its user. */
  async turnOn(): Promise<void> {
    this.#permission = await Notification.requestPermission();
    this.#isOn = this.#permission === "granted";
    localStorage.setItem(KEPT, this.#isOn ? "1" : "0");
    this.listen();
  }

  turnOff(): void {
    this.#isOn = false;
    localStorage.setItem(KEPT, "0");
    sync.arrived.delete(this.#arrived);
  }

  listen(): void {
    if (this.state === "on") sync.arrived.add(this.#arrived);
  }

  readonly #arrived = async (ids: readonly Id[]): Promise<void> => {
    // Whoever looks at the page sees it.
    if (document.hasFocus()) return;
    const { client } = connection;
    const some = ids.slice(0, client.limits.maxObjectsInGet);
    const [got] = await Promise.all([client.call("Email/get", { ids: some, properties: LIST_PROPERTIES }).answer, texts.load()]);
    emails.put(got.list);
    const { noSubject, nobody } = words.text.list;
    const around = { folders: this.folders, user: connection.user, now: Date.now(), noSubject, nobody, many: texts.text.many };
    for (const news of newsOf(got.list, around)) tell(news);
  };
}

function tell({ tag, title, text, email }: News): void {
  let shown: Notification;
  try {
    shown = new Notification(title, { tag, body: text, lang: words.text.tag });
  } catch {
    // Browsers of phones show none that a page makes.
    return;
  }
  shown.onclick = () => {
    shown.close();
    focus();
    const mailboxId = Object.keys(email.mailboxIds)[0];
    here.go({ kind: "mailbox", mailboxId, threadId: preferences.values.conversations ? email.threadId : email.id });
  };
}

export const notifications = new Notifications();

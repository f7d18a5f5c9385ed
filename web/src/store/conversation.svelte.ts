// The conversation that is read: its messages, which of them are open, and their bodies as the host made them safe.

import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { MethodError } from "../jmap/errors.ts";
import type { Email, Id, SafeBodies } from "../jmap/types.ts";
import { connection } from "./connection.svelte.ts";
import { LIST_PROPERTIES, emails } from "./emails.svelte.ts";
import { mailboxes } from "./mailboxes.svelte.ts";
import { preferences } from "./preferences.svelte.ts";
import { theme } from "./theme.svelte.ts";

export const PROPERTIES = [...LIST_PROPERTIES, "sentAt", "cc", "bcc", "replyTo", "messageId", "references", "attachments", "header:List-Post:asURLs", "header:List-Unsubscribe:asURLs", "header:List-Unsubscribe-Post:asText", "header:Disposition-Notification-To:asAddresses"];
export const PART_PROPERTIES = ["partId", "blobId", "size", "name", "type", "cid", "disposition"];
/** Bodies that are asked for at once. */
const BODIES_MAX = 10;

/** Where a body is shown: on a light ground, on a dark one if it is made for that, or on a dark one in any case (docs/jmap/body.md). */
export type Ground = "light" | "dark" | "darkened";

class Conversation {
  threadId = $state<Id | undefined>(undefined);
  phase = $state<"loading" | "ready" | "failed" | "gone">("loading");
  failure = $state.raw<unknown>(undefined);
  /** Which messages are open. */
  readonly open = new SvelteSet<Id>();
  readonly bodies = new SvelteMap<Id, SafeBodies>();
  /** Messages whose pictures from elsewhere are shown. */
  readonly pictures = new SvelteSet<Id>();
  /** Messages that are shown on another ground than others. */
  readonly #grounds = new SvelteMap<Id, Ground>();
  /** By what it was opened. */
  #shown: Id | undefined;
  /** One message alone, where the list is not one of conversations. */
  #only: Id | undefined;
  #folder: Id | undefined;

  /** The messages that are shown, the oldest first: what lies in the trash only where one came from there. */
  readonly messages: Email[] = $derived.by(() => {
    if (this.threadId === undefined || this.phase === "loading") return [];
    const all = emails.ofThread(this.threadId);
    if (this.#only !== undefined) return all.filter((email) => email.id === this.#only);
    const hidden = [mailboxes.withRole("trash")?.id, mailboxes.withRole("junk")?.id];
    const isShown = (email: Email) => Object.keys(email.mailboxIds).some((id) => id === this.#folder || !hidden.includes(id));
    const shown = all.filter(isShown);
    return shown.length > 0 ? shown : all;
  });

  /** Opens a conversation, or one message of it; those that were not read, and the last one, are open at first. */
  async show(id: Id, isByThread: boolean, folder: Id | undefined): Promise<void> {
    if (this.#shown === id && this.phase === "ready") return;
    this.#shown = id;
    this.#only = isByThread ? undefined : id;
    this.#folder = folder;
    this.open.clear();
    this.bodies.clear();
    this.pictures.clear();
    this.#grounds.clear();
    this.phase = "loading";
    try {
      const threadId = isByThread ? id : await this.#threadOf(id);
      if (this.#shown !== id) return;
      this.threadId = threadId;
      await this.#fetch(threadId);
      if (this.#shown !== id) return;
      this.phase = "ready";
      if (this.messages.length === 0) this.phase = "gone";
      for (const email of this.messages) if (!email.keywords["$seen"]) this.open.add(email.id);
      const last = this.messages.at(-1);
      if (last) this.open.add(last.id);
      await this.fetchBodies();
    } catch (error) {
      if (this.#shown !== id) return;
      this.failure = error;
      this.phase = "failed";
    }
  }

  async #threadOf(id: Id): Promise<Id> {
    const known = emails.get(id);
    if (known) return known.threadId;
    const got = await connection.client.call("Email/get", { ids: [id], properties: LIST_PROPERTIES }).answer;
    emails.put(got.list);
    return got.list[0]?.threadId ?? "";
  }

  async #fetch(threadId: Id): Promise<void> {
    const { client } = connection;
    const thread = client.call("Thread/get", { ids: [threadId] });
    const got = client.call("Email/get", {
      "#ids": thread.ref("/list/*/emailIds"),
      properties: PROPERTIES,
      bodyProperties: PART_PROPERTIES,
    });
    emails.putThreads((await thread.answer).list);
    emails.put((await got.answer).list);
  }

  close(): void {
    this.#shown = undefined;
    this.threadId = undefined;
    this.open.clear();
    this.bodies.clear();
  }

  /** Asks again which messages there are. */
  async refresh(): Promise<void> {
    const { threadId } = this;
    if (threadId === undefined || this.phase !== "ready") return;
    try {
      const got = await connection.client.call("Thread/get", { ids: [threadId] }).answer;
      if (this.threadId !== threadId) return;
      const known = emails.thread(threadId) ?? [];
      const ids = got.list[0]?.emailIds ?? [];
      if (ids.length === 0) this.phase = "gone";
      emails.putThreads(got.list);
      const isNew = ids.some((id) => !known.includes(id));
      if (isNew) await this.#fetch(threadId);
    } catch (error) {
      if (!(error instanceof MethodError)) throw error;
    }
  }

  toggle(id: Id): void {
    if (this.open.delete(id)) return;
    this.open.add(id);
    void this.fetchBodies();
  }

  openAll(): void {
    for (const email of this.messages) this.open.add(email.id);
    void this.fetchBodies();
  }

  /** On what a message is shown: on a light ground in the light theme, else as was chosen for it or for all. */
  ground(id: Id): Ground {
    if (!theme.isDark) return "light";
    return this.#grounds.get(id) ?? (preferences.values.darkens ? "darkened" : "dark");
  }

  async setGround(id: Id, ground: Ground): Promise<void> {
    this.#grounds.set(id, ground);
    await this.#ask([id]);
  }

  /** Whether pictures from elsewhere are shown: somebody wants to see these, or all of that sender; never those of spam. */
  #showsPictures(id: Id): boolean {
    if (this.pictures.has(id)) return true;
    const { from, mailboxIds } = emails.get(id) ?? {};
    const isChosen = preferences.values.picturesFrom.includes(from?.[0]?.email.toLowerCase() ?? "");
    if (isChosen && mailboxIds && !((mailboxes.withRole("junk")?.id ?? "") in mailboxIds)) this.pictures.add(id);
    return this.pictures.has(id);
  }

  /** Shows the pictures from elsewhere of a message. */
  async showPictures(id: Id): Promise<void> {
    this.pictures.add(id);
    await this.#ask([id]);
  }

  async hidePictures(id: Id): Promise<void> {
    this.pictures.delete(id);
    await this.#ask([id]);
  }

  /** Fetches the bodies of open messages that are not there. */
  async fetchBodies(): Promise<void> {
    const missing = [...this.open].filter((id) => !this.bodies.has(id));
    for (let at = 0; at < missing.length; at += BODIES_MAX) await this.#ask(missing.slice(at, at + BODIES_MAX));
  }

  /** Asks for the bodies again: their addresses are good for some minutes, and the ground may be another one. */
  async renewBodies(): Promise<void> {
    // Also those that are on their way: they come for the ground that was.
    const ids = [...new Set([...this.open, ...this.bodies.keys()])];
    for (let at = 0; at < ids.length; at += BODIES_MAX) await this.#ask(ids.slice(at, at + BODIES_MAX));
  }

  /** Asks for some, those that are shown alike together. */
  async #ask(ids: Id[]): Promise<void> {
    const alike = new Map<string, Id[]>();
    for (const id of ids) {
      const key = `${this.ground(id)} ${this.#showsPictures(id)}`;
      alike.set(key, [...(alike.get(key) ?? []), id]);
    }
    await Promise.all([...alike.values()].map((some) => this.#askAlike(some)));
  }

  async #askAlike(ids: Id[]): Promise<void> {
    const [first = ""] = ids;
    const [colorScheme, showRemotePictures] = [this.ground(first), this.#showsPictures(first)];
    const call = connection.client.call("SafeBody/get", { emailIds: ids, showRemotePictures, colorScheme });
    for (const bodies of (await call.answer).list) {
      // What somebody wanted otherwise meanwhile was asked for again.
      const id = bodies.emailId;
      if (this.ground(id) === colorScheme && this.#showsPictures(id) === showRemotePictures) this.bodies.set(id, bodies);
    }
  }
}

export const conversation = new Conversation();

// Emails and threads by id, however many lists show them. What was not looked at for long is forgotten.

import type { Email, Id, Patch, Thread } from "../jmap/types.ts";
import { Lru } from "./lru.ts";
import { patched } from "./patch.ts";

const EMAILS_MAX = 4000;
const THREADS_MAX = 3000;

/** What a list shows of an email; none of it takes reading the message on the host. */
export const LIST_PROPERTIES = [
  "id",
  "blobId",
  "threadId",
  "mailboxIds",
  "keywords",
  "size",
  "receivedAt",
  "from",
  "to",
  "subject",
  "preview",
  "hasAttachment",
];

class Emails {
  /** Rises whenever any email changed: whoever shows one depends on it. */
  #version = $state(0);
  readonly #emails = new Lru<Email>(EMAILS_MAX);
  readonly #threads = new Lru<Id[]>(THREADS_MAX);

  get(id: Id): Email | undefined {
    void this.#version;
    return this.#emails.get(id);
  }

  /** The ids of a conversation, the oldest first, if known. */
  thread(id: Id): Id[] | undefined {
    void this.#version;
    return this.#threads.get(id);
  }

  /** The emails of a conversation that are known. */
  ofThread(id: Id): Email[] {
    const ids = this.thread(id) ?? [];
    return ids.map((id) => this.#emails.get(id)).filter((email) => email !== undefined);
  }

  /** Takes what the host said; properties that it did not say now stay as they are. */
  put(emails: readonly (Partial<Email> & { id: Id })[]): void {
    for (const email of emails) {
      const known = this.#emails.get(email.id);
      if (known) this.#emails.set(email.id, { ...known, ...email });
      else if (email.receivedAt !== undefined) this.#emails.set(email.id, email as Email);
    }
    if (emails.length > 0) this.#version += 1;
  }

  putThreads(threads: readonly Thread[]): void {
    for (const thread of threads) this.#threads.set(thread.id, thread.emailIds);
    if (threads.length > 0) this.#version += 1;
  }

  patch(patches: ReadonlyMap<Id, Patch>): void {
    for (const [id, patch] of patches) {
      const email = this.#emails.get(id);
      if (email) this.#emails.set(id, patched(email, patch));
    }
    this.#version += 1;
  }

  forget(ids: readonly Id[]): void {
    for (const id of ids) this.#emails.delete(id);
    if (ids.length > 0) this.#version += 1;
  }

  clear(): void {
    this.#emails.clear();
    this.#threads.clear();
    this.#version += 1;
  }
}

export const emails = new Emails();

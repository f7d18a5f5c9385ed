// Keeps what is known as it is on the host: when the host says that something changed, what changed is asked for (RFC 8620, 5.2), and the
// list that is open is asked for again. While an action is on its way nothing is asked, so that nothing flickers.

import type { Id, State } from "../jmap/types.ts";
import { MethodError } from "../jmap/errors.ts";
import type { Changed } from "../jmap/push.ts";
import { connection } from "./connection.svelte.ts";
import { emails } from "./emails.svelte.ts";
import { list } from "./list.svelte.ts";
import { mailboxes } from "./mailboxes.svelte.ts";
import { preferences } from "./preferences.svelte.ts";
import { quota } from "./quota.svelte.ts";

const CHANGES_MAX = 200;

class Sync {
  /** The state of what is known of emails. */
  emailState: State = "";
  #actions = 0;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;
  #isDue = false;
  #known: Changed = {};
  /** What else is asked for again when mail changed: whoever shows something of it says so. */
  readonly also = new Set<() => Promise<void>>();
  /** What else is asked for again when something of a type changed. */
  readonly types = new Map<string, () => void>();
  /** Who wants to hear of emails that are new in the account. */
  readonly arrived = new Set<(ids: readonly Id[]) => Promise<void>>();

  /** The host says that these have other states now. */
  heard(changed: Changed): void {
    const isNews = (type: string) => changed[type] !== undefined && changed[type] !== this.#known[type];
    if (isNews("Preferences")) void preferences.fetch();
    if (isNews("Quota")) void quota.fetch();
    for (const [type, refresh] of this.types) if (isNews(type)) refresh();
    const isMail = ["Email", "Mailbox", "Thread"].some(isNews);
    this.#known = { ...this.#known, ...changed };
    if (isMail) this.due();
  }

  /** Something may have changed. */
  due(): void {
    this.#isDue = true;
    void this.#run();
  }

  /** Holds still while an action is on its way, and looks what became of it then. */
  async during<T>(action: () => Promise<T>): Promise<T> {
    this.#actions += 1;
    try {
      return await action();
    } finally {
      this.#actions -= 1;
      if (this.#actions === 0) for (const resolve of this.#waiting.splice(0)) setTimeout(resolve);
      this.due();
    }
  }

  /** Waits until no action is on its way, and whoever did the last one knows what became of it. */
  idle(): Promise<void> {
    if (this.#actions === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isDue && this.#actions === 0) {
        this.#isDue = false;
        await this.#once();
      }
    } catch {
      // The connection says what is wrong, and the next event begins again.
    } finally {
      this.#isRunning = false;
    }
  }

  async #once(): Promise<void> {
    // All of this goes in one request.
    const changed = this.#emailChanges();
    const folders = this.#mailboxChanges();
    const refreshed = list.window?.refresh();
    const others = [...this.also].map((refresh) => refresh());
    await Promise.all([changed, folders, refreshed, ...others]);
  }

  async #emailChanges(): Promise<void> {
    const { client } = connection;
    const changes = client.call("Email/changes", { sinceState: this.emailState, maxChanges: CHANGES_MAX });
    const properties = ["id", "mailboxIds", "keywords"];
    const updated = client.call("Email/get", { "#ids": changes.ref("/updated"), properties });
    try {
      const said = await changes.answer;
      emails.put((await updated.answer).list);
      emails.forget(said.destroyed);
      this.emailState = said.newState;
      if (said.created.length > 0) for (const hear of this.arrived) void hear(said.created).catch(() => undefined);
      if (said.hasMoreChanges) this.#isDue = true;
    } catch (error) {
      if (!(error instanceof MethodError)) throw error;
      // Too long ago: what is shown is asked for anew, and the rest is forgotten.
      const got = await client.call("Email/get", { ids: [] }).answer;
      emails.clear();
      this.emailState = got.state;
      await list.window?.refresh();
    }
  }

  async #mailboxChanges(): Promise<void> {
    const { client } = connection;
    const changes = client.call("Mailbox/changes", { sinceState: mailboxes.state });
    const created = client.call("Mailbox/get", { "#ids": changes.ref("/created") });
    const updated = client.call("Mailbox/get", {
      "#ids": changes.ref("/updated"),
      "#properties": changes.ref("/updatedProperties"),
    });
    try {
      const said = await changes.answer;
      mailboxes.put([...(await created.answer).list, ...(await updated.answer).list]);
      mailboxes.forget(said.destroyed);
      mailboxes.state = said.newState;
    } catch (error) {
      if (!(error instanceof MethodError)) throw error;
      const got = await client.call("Mailbox/get", { ids: null }).answer;
      mailboxes.list = got.list;
      mailboxes.state = got.state;
    }
  }
}

export const sync = new Sync();

// Stands in for the host while that cannot be reached, and tells it afterwards what was done. From the first request that is lost until
// everything is told, all that is asked is answered of what is kept, with what waits on top: so nothing is seen that goes back again.
//
//   here -> away -> sending -> here
//                   sending -> login (it is over; goes on for the same user alone), stranger (somebody else is logged in)

import { Client, type Response_ } from "../jmap/client.ts";
import { LoggedOut, MethodError, Unreachable } from "../jmap/errors.ts";
import { sleep } from "../jmap/http.ts";
import { fetchSession } from "../jmap/session.ts";
import type { Id, Session } from "../jmap/types.ts";
import { type StandIn, connection } from "../store/connection.svelte.ts";
import { conversation } from "../store/conversation.svelte.ts";
import { emails } from "../store/emails.svelte.ts";
import { sync } from "../store/sync.ts";
import { answers } from "./answers.ts";
import { type All, type Deed, ITEMS_MAX, type Item, type KeptEmail, type Mail, type Place } from "./kept.ts";
import { replay } from "./replay.ts";
import { idsOf, seen, waiting } from "./view.ts";

export type State = "here" | "away" | "sending" | "login" | "stranger";

/** By which a page that begins knows that something waits. */
export const QUEUE = "correio.queue";
const FIRST_LOOK_MS = 1000;
const LOOK_MS_MAX = 60_000;

interface Kept {
  around: NonNullable<All["around"]>;
  emails: Map<Id, KeptEmail>;
}

class Away implements StandIn {
  state = $state<State>("here");
  /** What waits, and what could not be done, the oldest first. */
  items = $state.raw<readonly Item[]>([]);
  readonly waiting = $derived(waiting(this.items));
  readonly troubled = $derived(this.items.filter(({ troubles }) => troubles));
  #place: Place | undefined;
  #user = "";
  #kept: Kept | undefined;
  #leaving: Promise<void> | undefined;
  #returning: Promise<void> | undefined;
  #isRetried = false;
  #wake: (() => void) | undefined;
  /** Requests that are being answered here. */
  #busy = 0;
  #tabs: BroadcastChannel | undefined;

  get isNeeded(): boolean {
    return this.state !== "here";
  }

  /** Begins for a user; what waits from before is told at once. */
  async attach(place: Place, user: string): Promise<void> {
    if (this.#place) return;
    this.#place = place;
    this.#user = user;
    this.#tabs = new BroadcastChannel(`correio-queue-${user}`);
    this.#tabs.onmessage = () => void this.#heard();
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.isNeeded && this.retry());
    connection.standIn = this;
    await this.#refresh();
    if (this.waiting.length > 0 && this.state === "here") await this.#leave(false);
  }

  detach(): void {
    connection.standIn = undefined;
    this.#tabs?.close();
    [this.#place, this.#kept, this.state, this.items] = [undefined, undefined, "here", []];
    connection.hasTroubles = false;
  }

  /** The host cannot be reached, and the page begins all the same. */
  async begin(place: Place, user: string): Promise<Session | undefined> {
    const { around } = await place.all();
    if (!around || around.session.username !== user) return undefined;
    await this.attach(place, user);
    if (!this.isNeeded) await this.#leave(true);
    return around.session;
  }

  instead(calls: Response_[], isLost: boolean): Promise<Response_[] | undefined> | undefined {
    if (!isLost && !this.isNeeded) return undefined;
    return this.#instead(calls);
  }

  async #instead(calls: Response_[]): Promise<Response_[] | undefined> {
    this.#busy += 1;
    try {
      if (!this.isNeeded) await this.#leave(true);
      const [place, kept] = [this.#place, this.#kept];
      if (!place || !kept) return undefined;
      return await answers(calls, {
        ...kept,
        items: this.items,
        original: (id) => place.original(id),
        add: (deeds) => this.add(deeds),
        spare: (ids) => this.#spare(ids),
      });
    } finally {
      this.#busy -= 1;
    }
  }

  /** Puts something behind all that waits. */
  async add(deeds: readonly Deed[]): Promise<void> {
    if (this.waiting.length + deeds.length > ITEMS_MAX) throw new Unreachable("too much waits");
    for (const deed of deeds) await this.#place?.add(deed, Date.now());
    await this.#changed();
  }

  /** Takes a message that cannot go out now; gives the number by which it waits. */
  async take(mail: Mail, isLost: boolean): Promise<number | undefined> {
    if (!isLost && !this.isNeeded) return undefined;
    this.#busy += 1;
    try {
      if (!this.isNeeded) await this.#leave(true);
      if (!this.isNeeded || !this.#place || this.waiting.length >= ITEMS_MAX) return undefined;
      const number = await this.#place.add(mail, Date.now());
      await this.#changed();
      return number;
    } finally {
      this.#busy -= 1;
    }
  }

  /** Takes back what waits, or what was said of it; nothing where it is told already. Gives what it was. */
  async drop(number: number): Promise<Item | undefined> {
    // While the host is being told of it, it cannot be taken back.
    return await navigator.locks.request(this.#lock(), async () => {
      const item = (await this.#place?.items())?.find((one) => one.number === number);
      if (!item) return undefined;
      await this.#place?.remove(number);
      await this.#changed();
      if (!item.troubles) this.#show(idsOf(item.deed));
      return item;
    });
  }

  async #spare(ids: readonly Id[]): Promise<void> {
    for (const item of this.waiting) {
      if (item.deed.kind !== "destroy") continue;
      const left = item.deed.ids.filter((id) => !ids.includes(id));
      if (left.length === item.deed.ids.length) continue;
      if (left.length === 0) await this.#place?.remove(item.number);
      else await this.#place?.change({ ...item, deed: { kind: "destroy", ids: left } });
    }
    await this.#changed();
    this.#show(ids);
  }

  /** Shows emails as they will be now. */
  #show(ids: readonly Id[]): void {
    const now = this.#kept && seen([...this.#kept.emails.values()], this.items);
    emails.put(ids.flatMap((id) => now?.get(id) ?? []));
    sync.due();
  }

  async #refresh(): Promise<void> {
    this.items = (await this.#place?.items()) ?? [];
    connection.hasTroubles = this.troubled.length > 0;
    if (this.waiting.length > 0) localStorage.setItem(QUEUE, this.#user);
    else localStorage.removeItem(QUEUE);
  }

  async #changed(): Promise<void> {
    await this.#refresh();
    this.#tabs?.postMessage(null);
  }

  /** Another tab did something without the host, or told it of something. */
  async #heard(): Promise<void> {
    await this.#refresh();
    if (this.isNeeded) {
      await this.#load();
      sync.due();
    } else if (this.waiting.length > 0) await this.#leave(false);
  }

  async #load(): Promise<void> {
    // Where the browser gave the room to others, there is nothing.
    const all = await this.#place?.all().catch(() => undefined);
    this.#kept = all?.around && { around: all.around, emails: new Map(all.emails.map((one) => [one.id, one])) };
  }

  /** Goes away; `isLost`: the host did not answer. Where nothing is kept there is nothing to stand in with. */
  #leave(isLost: boolean): Promise<void> {
    this.#leaving ??= this.#leaveNow(isLost).finally(() => {
      this.#leaving = undefined;
    });
    return this.#leaving;
  }

  async #leaveNow(isLost: boolean): Promise<void> {
    await this.#load();
    // What waits is told also where nothing is kept to stand in with.
    if (this.isNeeded || (!this.#kept && (isLost || this.waiting.length === 0))) return;
    this.state = isLost ? "away" : "sending";
    connection.isReached = false;
    this.#returning ??= this.#return(isLost).finally(() => {
      this.#returning = undefined;
    });
  }

  retry(): void {
    this.#isRetried = true;
    this.#wake?.();
  }

  /** Looks for the host until it is there, later each time. */
  async #return(isLost: boolean): Promise<void> {
    let wait_ms = FIRST_LOOK_MS;
    if (isLost) await this.#rest(wait_ms);
    while (this.#place) {
      try {
        if (await this.#tell()) return;
      } catch (error) {
        if (!(error instanceof Unreachable)) wait_ms = LOOK_MS_MAX;
        if (this.state === "sending") this.state = "away";
      }
      if (this.state === "stranger") return;
      await this.#rest(wait_ms);
      wait_ms = this.#isRetried ? FIRST_LOOK_MS : Math.min(wait_ms * 2, LOOK_MS_MAX);
      this.#isRetried = false;
    }
  }

  /** Waits so long, or until somebody wants to know. */
  async #rest(wait_ms: number): Promise<void> {
    if (this.#isRetried) return;
    await Promise.race([sleep(wait_ms), new Promise<void>((resolve) => (this.#wake = resolve))]);
    this.#wake = undefined;
  }

  /** Tells all that waits, if the host is there and it is the same user; gives whether this is over. */
  async #tell(): Promise<boolean> {
    const session = await this.#session();
    if (session.username !== this.#user) {
      this.state = "stranger";
      return false;
    }
    if (this.waiting.length > 0) this.state = "sending";
    const client = new Client(session, { logIn: () => this.#logIn(), reached: () => undefined, sessionChanged: () => undefined });
    const place = this.#place;
    if (!place) return true;
    for (;;) {
      await navigator.locks.request(this.#lock(), () => replay(place, { client, upload: bring }, () => this.#changed()));
      await this.#refresh();
      // What was being done meanwhile is told as well.
      while (this.#busy > 0) await sleep(10);
      if (this.waiting.length === 0) break;
    }
    this.#back();
    return true;
  }

  /** Who is logged in; asks for the login where it is over. */
  async #session(): Promise<Session> {
    for (;;) {
      try {
        return await fetchSession("never");
      } catch (error) {
        if (!(error instanceof LoggedOut)) throw error;
        await this.#logIn();
      }
    }
  }

  async #logIn(): Promise<void> {
    this.state = "login";
    await connection.logIn();
    this.state = "sending";
  }

  #back(): void {
    this.state = "here";
    this.#kept = undefined;
    connection.isReached = true;
    sync.due();
    // Bodies come from the host again, with all that can be done with them.
    if (conversation.threadId !== undefined) void conversation.renewBodies().catch(() => undefined);
  }

  #lock(): string {
    return `correio-queue-${this.#user}`;
  }
}

/** Brings a file to the host. What it does not take now it does not take later. */
async function bring(file: Blob): Promise<Id> {
  const { UploadError, upload } = await import("../compose/upload.ts");
  try {
    return (await upload(file, () => undefined).done).blobId;
  } catch (error) {
    if (error instanceof UploadError && (error.why === "tooLarge" || error.why === "overQuota")) throw new MethodError("upload", error.why, {});
    throw new Unreachable(String(error));
  }
}

export const away = new Away();

// All messages that are being written in this tab, at most a few, and one of them large.

import { tick } from "svelte";
import { done, failed } from "../actions/done.ts";
import { BASE } from "../jmap/http.ts";
import type { Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { ask } from "../ui/ask.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { type Beginning, beginNew } from "./begin.ts";
import type { Composing } from "./composing.svelte.ts";
import type { Draft } from "./draft.ts";
import { putDraft } from "./host.ts";
import { type Kept, all, forget, isKeeping } from "./kept.ts";
import type { Answering } from "./recipients.ts";
import { type Given, Tabs } from "./tabs.ts";
import { texts } from "./words/texts.svelte.ts";

const OPEN_MAX = 5;
const answers = () => import("./answers.ts");
const beginKept = async (draft: Draft) => (await answers()).beginKept(draft);
const beginDraft = async (emailId: Id, key: string) => (await answers()).beginDraft(emailId, key);

export type Wanted =
  | ({ kind: "new" } & Beginning)
  | { kind: "answer"; emailId: Id; answering: Answering }
  | { kind: "forward"; emailId: Id; how: "inline" | "attached" }
  | { kind: "draft"; emailId: Id }
  | { kind: "tab"; key: string }
  | { kind: "redirect"; emailId: Id }
  | { kind: "waiting" };

class Composers {
  list = $state.raw<Composing[]>([]);
  /** Whether what waits to be sent is looked at. */
  isWaitingShown = $state(false);
  /** What is passed on as it is. */
  redirecting = $state<Id | undefined>(undefined);
  readonly tabs = new Tabs({
    keyOf: (emailId) => this.list.find(({ draft }) => draft.emailId === emailId)?.draft.key,
    give: (key) => this.#give(key),
  });

  async open(wanted: Wanted): Promise<void> {
    await texts.load();
    if (wanted.kind === "waiting") {
      this.isWaitingShown = true;
      return;
    }
    if (wanted.kind === "redirect") {
      this.redirecting = wanted.emailId;
      return;
    }
    if (this.list.length >= OPEN_MAX) {
      toasts.show(texts.text.tooMany, "failed");
      return;
    }
    try {
      if (wanted.kind === "draft") await this.#openDraft(wanted.emailId);
      else if (wanted.kind === "tab") await this.#openHere(wanted.key);
      else this.add(await begin(wanted));
    } catch (error) {
      failed(error);
    }
  }

  add(composing: Composing): void {
    // What comes back by itself is in nobody's way.
    if (composing.isQuiet && this.list.length > 0) composing.size = "small";
    else for (const other of this.list) if (other.size !== "tab") other.size = "small";
    this.tabs.hold(composing.draft.key);
    this.list = [...this.list, composing];
  }

  /** A draft is in one tab: in this one already, in another, or in none. */
  async #openDraft(emailId: Id): Promise<void> {
    const here = this.list.find(({ draft }) => draft.emailId === emailId);
    if (here) return this.show(here);
    const elsewhere = await this.tabs.who(emailId);
    let given: Given | undefined;
    if (elsewhere !== undefined) {
      const { title, text, go } = texts.text.elsewhere;
      if (!(await ask.sure({ title, text, go, isBad: false }))) return;
      given = await this.tabs.take(elsewhere);
    }
    const composing = (await taken(given)) ?? (await this.#left(({ emailId: id }) => id === emailId, emailId));
    if (composing) this.add(composing);
  }

  /** What this browser kept, or what is on the host. */
  async #left(isIt: (kept: Kept) => boolean, emailId: Id | null): Promise<Composing | undefined> {
    const kept = (await all(connection.user).catch(() => [])).find(isIt);
    if (kept?.draft) return await beginKept(kept.draft);
    const id = kept?.emailId ?? emailId;
    return id === null ? undefined : await beginDraft(id, kept?.key ?? crypto.randomUUID());
  }

  /** Goes on in this tab, which is for it alone; also after that was loaded anew. */
  async #openHere(key: string): Promise<void> {
    const given = (await this.tabs.held()).has(key) ? await this.tabs.take(key) : undefined;
    const composing = (await taken(given)) ?? (await this.#left((kept) => kept.key === key, null));
    if (!composing) return;
    composing.size = "tab";
    this.add(composing);
  }

  /** Has it go on in a tab of its own; it stays here where there comes none. */
  openTab({ draft: { key } }: Composing): void {
    if (!open(`${BASE}m/?write=${key}`, "_blank")) toasts.show(texts.text.noTab, "failed");
  }

  async #give(key: string): Promise<Given> {
    const composing = this.list.find(({ draft }) => draft.key === key);
    if (!composing) return { emailId: null, draft: null, isTouched: false, files: [] };
    await composing.save();
    const { emailId } = composing.draft;
    const given = { emailId, draft: composing.snapshot(), isTouched: !composing.isUntouched, files: composing.atHand };
    await this.remove(composing);
    toasts.show(texts.text.given);
    return given;
  }

  show(composing: Composing): void {
    for (const other of this.list) if (other !== composing && other.size !== "tab") other.size = "small";
    if (composing.size === "small") composing.size = "window";
  }

  /** Takes one off the screen; the focus goes back to where it came from. */
  async remove(composing: Composing): Promise<void> {
    this.list = this.list.filter((one) => one !== composing);
    await composing.over();
    this.tabs.release(composing.draft.key);
    await tick();
    const { from } = composing;
    if (from instanceof HTMLElement && from.isConnected) from.focus();
  }

  /** Closes it; what was written stays a draft on the host, or in this browser as long as the host cannot be reached. */
  async close(composing: Composing): Promise<void> {
    if (composing.isUntouched) {
      await this.remove(composing);
      return leaveTab(composing);
    }
    if (!(await mayLeaveFiles(composing))) return;
    await composing.save();
    if (composing.isBehind) {
      if (await (await import("./waits.ts")).waitsAsDraft(composing).catch(() => false)) return;
      // Nothing is lost: it is in this browser, and comes back.
      composing.size = "small";
      toasts.show(isKeeping() ? texts.text.notKept : texts.text.errors.offlineElsewhere, "failed");
      return;
    }
    await this.remove(composing);
    toasts.show(texts.text.keptAsDraft);
    leaveTab(composing);
  }

  /** Throws it away; it comes back by undo. */
  async discard(composing: Composing): Promise<void> {
    const draft = composing.snapshot();
    const files = composing.atHand;
    const isNothing = composing.isUntouched;
    await this.remove(composing);
    const { emailId } = composing.draft;
    const put = async (where: "trash" | "drafts") => {
      if (emailId !== null) await putDraft(emailId, where);
    };
    if (isNothing) return;
    try {
      await put("trash");
    } catch (error) {
      failed(error);
    }
    let again: Composing | undefined;
    done({
      said: texts.text.discarded,
      undo: async () => {
        await put("drafts");
        again = await beginKept({ ...draft, key: crypto.randomUUID(), emailId });
        await again.takeUp(files);
        this.add(again);
        again.touched();
      },
      redo: async () => {
        if (again) await this.discard(again);
      },
    });
  }

  /** After a browser that was killed: what it kept and no tab has comes back. */
  async restore(): Promise<void> {
    const kept = await all(connection.user).catch(() => []);
    if (kept.length === 0) return;
    const held = await this.tabs.held();
    const lost = kept.filter(({ key }) => !held.has(key)).slice(-OPEN_MAX);
    for (const one of lost.reverse()) {
      await texts.load();
      try {
        const composing = one.draft ? await beginKept(one.draft) : one.emailId ? await beginDraft(one.emailId, one.key) : undefined;
        if (!composing) continue;
        composing.isQuiet = true;
        this.add(composing);
        if (one.draft) composing.touched();
        toasts.show(texts.text.restored);
      } catch {
        // The host has no such draft any more, and here is nothing of it.
        if (!one.draft) await forget(one.key);
      }
    }
  }
}

/** What another tab let go of, as it was there. */
async function taken(given: Given | undefined): Promise<Composing | undefined> {
  if (!given?.draft) return undefined;
  const composing = await beginKept({ ...given.draft, emailId: given.emailId });
  await composing.takeUp(given.files);
  if (given.isTouched) composing.touched();
  return composing;
}

/** A tab that was for one message alone is not needed any more; where the browser does not close it, it is one like others. */
function leaveTab({ size }: Composing): void {
  if (size !== "tab") return;
  history.replaceState(history.state, "", `${BASE}m/`);
  close();
}

/** A draft that is closed is kept without the files that did not get to the host: whether its user wants that. */
async function mayLeaveFiles(composing: Composing): Promise<boolean> {
  const left = composing.draft.attachments.filter((one) => composing.stateOf(one) !== "there");
  if (left.length === 0) return true;
  const { title, text, go } = texts.text.leftOut;
  return await ask.sure({ title, text: text(left.map(({ name }) => name).join(", ")), go, isBad: true });
}

async function begin(wanted: Exclude<Wanted, { kind: "draft" | "tab" | "waiting" | "redirect" }>): Promise<Composing> {
  if (wanted.kind === "new") return await beginNew(wanted);
  const { beginAnswer, beginForward } = await answers();
  return wanted.kind === "answer" ? await beginAnswer(wanted.emailId, wanted.answering) : await beginForward(wanted.emailId, wanted.how);
}

export const composers = new Composers();

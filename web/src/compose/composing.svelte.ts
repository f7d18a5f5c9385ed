// One message that is being written: what it is now, what of it is kept where, and what its user is told about it.

import { SvelteMap } from "svelte/reactivity";
import { MethodError } from "../jmap/errors.ts";
import { downloadUrl } from "../jmap/session.ts";
import type { Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { exchange, linesOf, signed } from "./content.ts";
import type { Attachment, Draft } from "./draft.ts";
import type { Doubt } from "./checks.ts";
import type { Editor } from "./editor.ts";
import { type FileState, isNotThere, stateOf } from "./files.ts";
import { NotDone, type Saved, findWritten, isLost, saveDraft } from "./host.ts";
import { forget, keep } from "./kept.ts";
import { type Written, renamed } from "./message.ts";
import { type Node_, htmlOf, textOf } from "./nodes.ts";
import type { Identity } from "./original.ts";
import { exchanged, signedText, textSignature } from "./signature.ts";
import type { NotUploaded, Uploading } from "./upload.ts";

/** What became of what was typed last. */
export type Saving = "none" | "waiting" | "saving" | "saved" | "offline" | "failed";

/** A file that this browser has at hand: on its way to the host, or one that did not get there. */
export interface Way {
  octets: number;
  uploading: Uploading | undefined;
  file: File;
  failed: NotUploaded | undefined;
}

/** A file that goes with its message to another tab or another composer. */
export interface AtHand {
  attachment: Attachment;
  file: File;
}

/** `tab`: the tab is for it alone. */
export type Size = "window" | "full" | "small" | "tab";

const KEPT_AFTER_MS = 150;
const SAVED_AFTER_MS = 2000;

export class Composing {
  readonly draft: Draft;
  readonly identities: readonly Identity[];
  size = $state<Size>("window");
  saving = $state<Saving>("none");
  savedAt = $state<Date | undefined>(undefined);
  /** Why the host did not keep it. */
  failure = $state.raw<unknown>(undefined);
  isSending = $state(false);
  /** Why it was not sent: errors of the host, worded where they are shown. */
  refusal = $state.raw<unknown>(undefined);
  /** What keeps it from being sent. */
  stop = $state<Doubt | undefined>(undefined);
  readonly ways = new SvelteMap<string, Way>();
  /** By the address of a picture in the editor, what names it in the message. */
  readonly pictures = new Map<string, string>();
  /** Where the focus goes back to. */
  readonly from: Element | null = document.activeElement;
  /** What it was like before anybody wrote: nothing is kept of that. */
  #untouched: string | undefined;
  #editor: Editor | undefined;
  #begin: (() => DocumentFragment) | undefined;
  #kept: ReturnType<typeof setTimeout> | undefined;
  #saved: ReturnType<typeof setTimeout> | undefined;
  #version = 0;
  #versionSaved = 0;
  #run: Promise<void> | undefined;
  #isOver = false;
  /** An answer was lost: what the host has is not known. */
  isDoubtful = false;
  /** It came by itself, and takes the focus from nobody. */
  isQuiet = false;

  /** `begin` makes what the editor holds at first. */
  constructor(draft: Draft, identities: readonly Identity[], begin: () => DocumentFragment) {
    this.draft = $state(draft);
    this.identities = identities;
    this.#begin = begin;
    for (const one of draft.attachments) if (one.cid !== null && one.blobId !== null) this.picture(one);
  }

  get identity(): Identity | undefined {
    return this.identities.find(({ id }) => id === this.draft.identityId) ?? this.identities[0];
  }

  stateOf(file: Attachment): FileState {
    return stateOf(file, this.ways, !connection.isReached && connection.standIn?.isNeeded === true);
  }

  /** Files of it that are not on the host. */
  get notThere(): Attachment[] {
    return this.draft.attachments.filter(isNotThere);
  }

  /** Those of them that can be brought there. */
  get atHand(): AtHand[] {
    return this.notThere.flatMap((attachment) => {
      const file = this.ways.get(attachment.key)?.file;
      return file ? [{ attachment: { ...attachment }, file }] : [];
    });
  }

  /** The address under which a picture of the message is seen. */
  picture({ blobId, name, type, cid }: Attachment): string {
    const { client } = connection;
    const url = downloadUrl(client.session, client.accountId, blobId ?? "", name || "picture", type);
    const shown = new URL(url, location.href).href;
    if (cid !== null) this.pictures.set(shown, cid);
    return shown;
  }

  pictureOf(cid: string): string | undefined {
    return [...this.pictures].findLast(([, known]) => known === cid)?.[0];
  }

  /** The editor is there: it gets what there is to be written on. */
  attach(editor: Editor): void {
    this.#editor = editor;
    const nodes = this.#begin?.();
    if (nodes) editor.setContent(nodes);
    this.#untouched ??= this.#content();
  }

  detach(): void {
    if (!this.#editor) return;
    this.draft.html = this.written().html ?? "";
    const nodes = document.createDocumentFragment();
    nodes.append(...Array.from(this.#editor.getRoot().childNodes, (node) => node.cloneNode(true)));
    this.#begin = () => nodes;
    this.#editor = undefined;
  }

  get editor(): Editor | undefined {
    return this.#editor;
  }

  /** What is written now, as it goes out. */
  written(): Written {
    if (!this.draft.isRich) return { html: null, text: this.draft.text };
    const root = this.#editor?.getRoot() as unknown as Node_ | undefined;
    if (!root) return { html: this.draft.html, text: "" };
    return { html: htmlOf(root, (src) => this.#source(src)), text: textOf(root) };
  }

  #source(src: string): string | null {
    const cid = this.pictures.get(new URL(src, location.href).href);
    return cid === undefined ? null : `cid:${cid}`;
  }

  /** Nobody typed anything yet. */
  begun(): void {
    this.#untouched ??= this.#content();
  }

  /** What it begins with was written by its user, and is on no host yet. */
  touched(): void {
    this.#untouched = "";
    this.changed();
  }

  get isUntouched(): boolean {
    return this.draft.emailId === null && (this.#untouched === undefined || this.#untouched === this.#content());
  }

  #content(): string {
    const { to, cc, bcc, subject, text, isRich, attachments, wantsReceipt = false } = this.draft;
    const said = isRich ? this.written().text : text;
    return JSON.stringify([to, cc, bcc, subject, said, attachments.map(({ key }) => key), this.ways.size, wantsReceipt]);
  }

  /** Something changed: it is kept here at once, and on the host as soon as its user rests. */
  changed(): void {
    if (this.#isOver) return;
    this.#version += 1;
    this.refusal = undefined;
    this.stop = undefined;
    if (this.isUntouched) return;
    if (this.saving !== "saving") this.saving = "waiting";
    clearTimeout(this.#kept);
    this.#kept = setTimeout(() => void this.keepHere(), KEPT_AFTER_MS);
    clearTimeout(this.#saved);
    this.#saved = setTimeout(() => void this.save(), SAVED_AFTER_MS);
  }

  snapshot(): Draft {
    const draft = JSON.parse(JSON.stringify(this.draft)) as Draft;
    return { ...draft, html: draft.isRich ? (this.written().html ?? "") : draft.html };
  }

  async keepHere(): Promise<void> {
    clearTimeout(this.#kept);
    if (this.#isOver || this.isUntouched) return;
    const { key, emailId } = this.draft;
    const isOnHost = this.#versionSaved === this.#version && emailId !== null && this.notThere.length === 0;
    const draft = isOnHost ? null : this.snapshot();
    await keep({ key, user: connection.user, draft, emailId, at: Date.now() }).catch(() => undefined);
  }

  /** Keeps it on the host; while one save is on its way, the next one waits. */
  save(): Promise<void> {
    clearTimeout(this.#saved);
    this.#run = (this.#run ?? Promise.resolve()).then(() => this.#saveOnce());
    return this.#run;
  }

  async #saveOnce(): Promise<void> {
    const { identity } = this;
    const isSame = this.#versionSaved === this.#version;
    if (this.#isOver || !identity || (isSame && this.draft.emailId !== null) || this.isUntouched) return;
    const version = this.#version;
    this.saving = "saving";
    try {
      if (this.isDoubtful) await this.look();
      const draft = this.snapshot();
      const written = this.written();
      this.isOnHost(await saveDraft(draft, identity, written), draft, written);
      this.#versionSaved = version;
      this.savedAt = new Date();
      this.failure = undefined;
      this.saving = version === this.#version ? "saved" : "waiting";
      await this.keepHere();
    } catch (error) {
      this.failure = error;
      this.saving = isLost(error) ? "offline" : "failed";
      if (isLost(error)) this.isDoubtful = true;
      await this.keepHere();
      // What the host refuses it refuses again; what did not get there is tried once it can be reached.
      if (!(error instanceof NotDone || error instanceof MethodError)) this.#again();
    }
  }

  #again(): void {
    clearTimeout(this.#saved);
    this.#saved = setTimeout(() => void this.save(), 5 * SAVED_AFTER_MS);
  }

  /** It is this email now, and so are its files: under their old names they are gone with the email before. */
  isOnHost({ emailId, blobIds }: Saved, draft: Draft, written: Written): void {
    this.draft.emailId = emailId;
    const names = renamed(draft, written.html, blobIds);
    for (const one of this.draft.attachments) one.blobId = names.get(one.key) ?? one.blobId;
  }

  /** Looks what the host has after an answer was lost; gives whether it was sent. */
  async look(): Promise<Awaited<ReturnType<typeof findWritten>>["sent"]> {
    const { messageId, emailId } = this.draft;
    if (messageId === null) return null;
    const { draft, sent } = await findWritten(messageId);
    if (draft && draft.emailId !== emailId) this.isOnHost(draft, this.snapshot(), this.written());
    this.isDoubtful = false;
    return sent;
  }

  /** Files go along. What that takes is loaded with the first one. */
  async attachFiles(files: readonly File[], isInline = false): Promise<void> {
    if (files.length > 0) (await import("./attaching.ts")).attach(this, files, isInline);
  }

  /** Takes up files that were not on the host when the message was put away; before it is shown. */
  async takeUp(files: readonly AtHand[]): Promise<void> {
    if (files.length > 0) (await import("./attaching.ts")).takeUp(this, files);
  }

  /** Pictures that came with pasted text become files. */
  async takeData(): Promise<void> {
    const { takeData } = await import("./attaching.ts");
    if (this.#editor) takeData(this, this.#editor.getRoot());
  }

  /** It is sent, thrown away or given to another tab: nothing of it is kept here any more. */
  async over(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#kept);
    clearTimeout(this.#saved);
    for (const { uploading } of this.ways.values()) uploading?.cancel();
    await this.#run?.catch(() => undefined);
    await forget(this.draft.key).catch(() => undefined);
  }

  /** Whether something is not on the host. */
  get isBehind(): boolean {
    return !this.isUntouched && this.#versionSaved !== this.#version;
  }

  /** Another identity: its signature comes in place of the one before. */
  identify(id: Id): void {
    const before = this.identity;
    this.draft.identityId = id;
    const now = this.identity;
    const [from, to] = [signatureNodes(before), signatureNodes(now)];
    if (this.draft.isRich && this.#editor) {
      this.#editor.saveUndoState();
      exchange(this.#editor.getRoot(), from, to);
    } else if (!this.draft.isRich) {
      this.draft.text = exchanged(this.draft.text, signatureText(before), signatureText(now));
    }
    this.changed();
  }

  /** To rich text or to plain. */
  turn(isRich: boolean): void {
    if (isRich === this.draft.isRich) return;
    if (isRich) {
      const text = this.draft.text;
      this.#begin = () => linesOf(text);
    } else {
      this.draft.text = this.written().text;
      this.#editor = undefined;
    }
    this.draft.isRich = isRich;
    this.changed();
  }
}

/** HTML of signatures, made fit; filled by whoever fetched the identities. */
const htmlSignatures = new Map<Id, DocumentFragment>();
export const noteSignature = (id: Id, nodes: DocumentFragment) => htmlSignatures.set(id, nodes);

export function signatureNodes(identity: Identity | undefined): DocumentFragment | null {
  const html = identity && htmlSignatures.get(identity.id);
  if (html) return html.cloneNode(true) as DocumentFragment;
  const text = identity?.textSignature.trimEnd() ?? "";
  return text ? linesOf(text) : null;
}

export function signatureText(identity: Identity | undefined): string {
  const html = identity && htmlSignatures.get(identity.id);
  return textSignature(identity, () => (html ? textOf(html as unknown as Node_) : ""));
}

export const beginRich = (identity: Identity | undefined) => () => signed(signatureNodes(identity));
export const beginPlain = (identity: Identity | undefined) => signedText(signatureText(identity));

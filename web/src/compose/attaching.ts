// Files that go along: from the disk, from the clipboard, dropped. Each is uploaded at once, a few at a time.

import { connection } from "../store/connection.svelte.ts";
import type { AtHand, Composing, Way } from "./composing.svelte.ts";
import type { Attachment } from "./draft.ts";
import { UploadError, upload } from "./upload.ts";

const AT_ONCE = 3;
/** Base64 takes four octets for three, and ends of lines (RFC 2045, 6.8). */
const GROWTH = 1.37;
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/;

/** The most octets that all files of a message may have, and one of them. */
export function limits(): { file: number; all: number } {
  const { client } = connection;
  const upload_octets = Number(client.limits.maxSizeUpload) || Number.POSITIVE_INFINITY;
  const attached = Number(client.capability("mail")["maxSizeAttachmentsPerEmail"]) || Number.POSITIVE_INFINITY;
  const extensions = client.capability("submission")["submissionExtensions"] as Record<string, string[]> | undefined;
  const message = Number(extensions?.["SIZE"]?.[0]) || Number.POSITIVE_INFINITY;
  const all = Math.min(attached, message / GROWTH);
  return { file: Math.min(upload_octets, all), all };
}

/** Takes files; those that are too large are marked at once. Pictures that were put into the text come back, with their addresses. */
export function attach(composing: Composing, files: readonly File[], isInline = false): void {
  for (const file of files) {
    const key = crypto.randomUUID();
    const isPicture = isInline && PICTURE.test(file.type);
    const cid = isPicture ? `${key.slice(0, 13)}@correio` : null;
    const type = file.type || "application/octet-stream";
    composing.draft.attachments.push({ key, blobId: null, name: file.name || "file", type, size: file.size, cid });
    const way: Way = { octets: 0, uploading: undefined, file, failed: isTooLarge(composing, file) ? "tooLarge" : undefined };
    composing.ways.set(key, way);
    if (cid !== null && !way.failed) show(composing, file, cid);
  }
  next(composing);
  composing.changed();
}

function isTooLarge(composing: Composing, file: File): boolean {
  const { file: one, all } = limits();
  const sum = composing.draft.attachments.reduce((octets, { size }) => octets + size, 0);
  return file.size > one || sum > all;
}

/** A picture is seen where it was put before it is on the host. */
function show(composing: Composing, file: File, cid: string): void {
  const src = URL.createObjectURL(file);
  composing.pictures.set(src, cid);
  composing.editor?.insertImage(src, { alt: file.name });
}

/** Whether a file that did not get there may be tried again. There may be room for it now that another is gone. */
export function mayRetry(composing: Composing, { failed, file }: Way): boolean {
  return failed !== "tooLarge" || !isTooLarge(composing, file);
}

export function retry(composing: Composing, key: string): void {
  const way = composing.ways.get(key);
  if (!way?.failed || !mayRetry(composing, way)) return;
  composing.ways.set(key, { ...way, failed: undefined, octets: 0 });
  composing.stop = undefined;
  next(composing);
}

/** Takes a file out, and a picture out of the text. */
export function remove(composing: Composing, key: string): void {
  composing.ways.get(key)?.uploading?.cancel();
  composing.ways.delete(key);
  const { draft } = composing;
  const gone = draft.attachments.find((one) => one.key === key);
  draft.attachments = draft.attachments.filter((one) => one !== gone);
  if (gone && gone.cid !== null) forgetPicture(composing, gone.cid);
  next(composing);
  composing.changed();
}

/** Also where undo would bring it back into the text, it has no address any more by which it would go out. */
function forgetPicture(composing: Composing, cid: string): void {
  const { editor } = composing;
  editor?.saveUndoState();
  for (const [src, known] of composing.pictures) {
    if (known !== cid) continue;
    composing.pictures.delete(src);
    for (const image of editor?.getRoot().querySelectorAll("img") ?? []) if (image.src === src) image.remove();
  }
}

/** A file that no browser has at hand is chosen again. */
export function chooseAgain(composing: Composing, key: string, file: File): void {
  remove(composing, key);
  attach(composing, [file]);
}

/** Files of a message that goes on here go on their way again. */
export function takeUp(composing: Composing, files: readonly AtHand[]): void {
  const { draft, ways } = composing;
  for (const { attachment, file } of files) {
    const isSame = (one: Attachment) => one.key === attachment.key || (one.blobId === null && one.name === attachment.name && !ways.has(one.key));
    draft.attachments = [...draft.attachments.filter((one) => !isSame(one)), attachment];
    ways.set(attachment.key, { octets: 0, uploading: undefined, file, failed: undefined });
    if (attachment.cid !== null) composing.pictures.set(URL.createObjectURL(file), attachment.cid);
  }
  for (const { attachment, file } of files) {
    const way = ways.get(attachment.key);
    if (way && isTooLarge(composing, file)) ways.set(attachment.key, { ...way, failed: "tooLarge" });
  }
  next(composing);
}

function next(composing: Composing): void {
  const ways = [...composing.ways];
  let busy = ways.filter(([, { uploading }]) => uploading).length;
  for (const [key, way] of ways) {
    if (way.uploading || way.failed || busy >= AT_ONCE) continue;
    busy += 1;
    begin(composing, key, way);
  }
}

function begin(composing: Composing, key: string, way: Way): void {
  const set = (more: Partial<Way>) => {
    const now = composing.ways.get(key);
    if (now) composing.ways.set(key, { ...now, ...more });
  };
  const uploading = upload(way.file, (octets) => set({ octets }));
  set({ uploading });
  uploading.done.then(
    ({ blobId, size }) => {
      const one = composing.draft.attachments.find((attachment: Attachment) => attachment.key === key);
      if (one) Object.assign(one, { blobId, size });
      composing.ways.delete(key);
      composing.changed();
      next(composing);
    },
    (error: unknown) => {
      const failed = error instanceof UploadError ? error.why : "unreachable";
      if (failed === "canceled") composing.ways.delete(key);
      else set({ uploading: undefined, failed });
      composing.stop = undefined;
      next(composing);
    },
  );
}

/** Pictures that came with pasted HTML as `data:` become files of the message. */
export function takeData(composing: Composing, root: HTMLElement): void {
  for (const image of root.querySelectorAll<HTMLImageElement>('img[src^="data:"]')) {
    const file = fromData(image.src);
    if (!file) {
      image.remove();
      continue;
    }
    const key = crypto.randomUUID();
    const cid = `${key.slice(0, 13)}@correio`;
    composing.draft.attachments.push({ key, blobId: null, name: file.name, type: file.type, size: file.size, cid });
    composing.ways.set(key, { octets: 0, uploading: undefined, file, failed: isTooLarge(composing, file) ? "tooLarge" : undefined });
    image.src = URL.createObjectURL(file);
    composing.pictures.set(image.src, cid);
  }
  next(composing);
  composing.changed();
}

function fromData(url: string): File | undefined {
  const [, type, octets] = /^data:(image\/[a-z]+);base64,([A-Za-z0-9+/=\s]+)$/.exec(url) ?? [];
  if (!type || !octets || !PICTURE.test(type)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(octets), (c) => c.charCodeAt(0));
    return new File([bytes], `picture.${type.slice(6)}`, { type });
  } catch {
    return undefined;
  }
}

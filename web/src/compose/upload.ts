// One file to the host (RFC 8620, 6.1). `fetch` does not say how far an upload is.

import { fill } from "../jmap/session.ts";
import type { Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";

export type NotUploaded = "tooLarge" | "overQuota" | "unreachable" | "loggedOut" | "busy" | "canceled";

export interface Uploading {
  done: Promise<{ blobId: Id; size: number; type: string }>;
  cancel(): void;
}

export class UploadError extends Error {
  constructor(readonly why: NotUploaded) {
    super(why);
  }
}

const WHY: Record<number, NotUploaded> = { 401: "loggedOut", 413: "tooLarge", 429: "busy", 503: "busy", 507: "overQuota" };

export function upload(file: Blob, moved: (octets: number) => void): Uploading {
  const { client } = connection;
  const request = new XMLHttpRequest();
  const done = new Promise<{ blobId: Id; size: number; type: string }>((resolve, reject) => {
    request.upload.onprogress = (event) => moved(event.loaded);
    request.onload = () => {
      if (request.status === 200 || request.status === 201) resolve(JSON.parse(request.responseText));
      else reject(new UploadError(whyOf(request)));
    };
    request.onerror = () => reject(new UploadError("unreachable"));
    request.onabort = () => reject(new UploadError("canceled"));
  });
  request.open("POST", fill(client.session.uploadUrl, { accountId: client.accountId }));
  request.setRequestHeader("X-Correio-CSRF", "1");
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.send(file);
  return { done, cancel: () => request.abort() };
}

/** A limit has its name in the problem (RFC 8620, 3.6.1). */
function whyOf(request: XMLHttpRequest): NotUploaded {
  try {
    const { limit } = JSON.parse(request.responseText) as { limit?: string };
    if (limit === "maxSizeUpload") return "tooLarge";
    if (limit === "maxConcurrentUpload") return "busy";
  } catch {
    // The status says it.
  }
  return WHY[request.status] ?? "unreachable";
}

// Where one is: the address of the page says it, so that it can be kept, sent and gone back to.

import { BASE } from "../jmap/http.ts";
import type { Id } from "../jmap/types.ts";

/** `isAlone`: the conversation has the tab for itself, without the list beside it. */
export type Place =
  | { kind: "mailbox"; mailboxId: Id | undefined; threadId: Id | undefined; isAlone?: boolean }
  | { kind: "search"; text: string; mailboxId: Id | undefined; threadId: Id | undefined; isAlone?: boolean }
  | { kind: "contacts"; cardId: Id | undefined }
  | { kind: "settings"; section?: string | undefined };

const ROOT = `${BASE}m/`;
/** Stands for the inbox, whose id is not known to whoever comes without one. */
const INBOX = "inbox";

/** Reads an address. `/m/F1/T2`, `/m/search/T2?q=…&in=F1`, `/m/inbox/T2`, `/m/contacts/C3`, `/m/settings`; without a folder, the inbox; with `alone`, nothing beside it. */
export function parse(path: string, query: string): Place {
  const [first, second] = path.startsWith(ROOT) ? path.slice(ROOT.length).split("/").map(decode) : [];
  if (first === "settings") return { kind: "settings", section: second || undefined };
  if (first === "contacts") return { kind: "contacts", cardId: second || undefined };
  const asked = new URLSearchParams(query);
  const alone = asked.has("alone") && second ? { isAlone: true } : {};
  if (first === "search") {
    const [text, mailboxId] = [asked.get("q") ?? "", asked.get("in") ?? undefined];
    return { kind: "search", text, mailboxId, threadId: second || undefined, ...alone };
  }
  const mailboxId = first === INBOX ? undefined : first || undefined;
  return { kind: "mailbox", mailboxId, threadId: second || undefined, ...alone };
}

export function address(place: Place): string {
  if (place.kind === "settings") return `${ROOT}settings${place.section === undefined ? "" : `/${encodeURIComponent(place.section)}`}`;
  if (place.kind === "contacts") return `${ROOT}contacts${place.cardId === undefined ? "" : `/${encodeURIComponent(place.cardId)}`}`;
  const thread = place.threadId === undefined ? "" : `/${encodeURIComponent(place.threadId)}`;
  if (place.kind === "search") {
    const asked = new URLSearchParams({ q: place.text });
    if (place.mailboxId !== undefined) asked.set("in", place.mailboxId);
    if (place.isAlone) asked.set("alone", "1");
    return `${ROOT}search${thread}?${asked.toString()}`;
  }
  const alone = place.isAlone ? "?alone=1" : "";
  const folder = place.mailboxId ?? (thread === "" ? "" : INBOX);
  return `${ROOT}${encodeURIComponent(folder)}${thread}${alone}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

class Here {
  place = $state.raw<Place>(parse(location.pathname, location.search));

  constructor() {
    addEventListener("popstate", () => {
      this.place = parse(location.pathname, location.search);
    });
  }

  go(place: Place): void {
    const to = address(place);
    if (to !== location.pathname + location.search) history.pushState(null, "", to);
    this.place = place;
  }

  /** The same in place of what is there, so that going back leads past it. */
  replace(place: Place): void {
    history.replaceState(null, "", address(place));
    this.place = place;
  }

  /** Whether mail is what one looks at. */
  get isMail(): boolean {
    return "threadId" in this.place;
  }

  get threadId(): Id | undefined {
    return "threadId" in this.place ? this.place.threadId : undefined;
  }

  get isAlone(): boolean {
    return "isAlone" in this.place && this.place.isAlone === true;
  }

  /** Opens a conversation where one is. Behind one that had the tab for itself is the list. */
  read(threadId: Id | undefined): void {
    if (!("threadId" in this.place) || this.place.threadId === threadId) return;
    const { isAlone: _, ...place } = this.place;
    const next: Place = { ...place, threadId };
    // From one conversation to the next is one step back to the list.
    if (this.place.threadId !== undefined && threadId !== undefined) this.replace(next);
    else this.go(next);
  }
}

export const here = new Here();

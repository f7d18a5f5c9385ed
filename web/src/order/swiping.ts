// Rows that a finger wipes to the left or to the right: what becomes of them is in the settings. Each has a button, too.

import { commands } from "../actions/commands.ts";
import type { Id } from "../jmap/types.ts";
import { list } from "../store/list.svelte.ts";
import { type Swipe, preferences } from "../store/preferences.svelte.ts";
import type { ListWindow } from "../store/window.svelte.ts";
import { words } from "../words/words.svelte.ts";
import { type Point, wiped } from "./swipe.ts";

export function swiping(grid: HTMLElement, window: ListWindow, signal: AbortSignal): void {
  let row: HTMLElement | undefined;
  let from: Point = { x: 0, y: 0 };
  let isAside = false;

  const end = () => {
    if (row) put(row, 0, "none", false);
    row = undefined;
    isAside = false;
  };
  const on = (name: "pointerdown" | "pointermove" | "pointerup" | "pointercancel", run: (event: PointerEvent) => void) =>
    grid.addEventListener(name, run, { signal });

  on("pointerdown", (event) => {
    end();
    if (event.pointerType !== "touch" || !(event.target instanceof Element)) return;
    row = event.target.closest<HTMLElement>("[role=row]") ?? undefined;
    from = { x: event.clientX, y: event.clientY };
  });
  on("pointermove", (event) => {
    if (!row) return;
    const way = wiped(from, { x: event.clientX, y: event.clientY }, row.clientWidth);
    if (way === "undecided") return;
    if (way === "scrolls" && !isAside) return end();
    isAside = true;
    if (way !== "scrolls") put(row, way.by, chosen(way.by), way.isMeant);
  });
  on("pointerup", (event) => {
    if (!row || !isAside) return end();
    const way = wiped(from, { x: event.clientX, y: event.clientY }, row.clientWidth);
    const id = window.at(Number(row.getAttribute("aria-rowindex")) - 1);
    end();
    if (typeof way === "object" && way.isMeant && id !== undefined) act(chosen(way.by), id);
  });
  on("pointercancel", end);
}

function chosen(by: number): Swipe {
  const { swipeLeft, swipeRight } = preferences.values;
  return by < 0 ? swipeLeft : swipeRight;
}

/** Moves a row, and says beside it what will become of it. */
function put(row: HTMLElement, by: number, what: Swipe, isMeant: boolean): void {
  if (by === 0 || what === "none") {
    row.style.translate = "";
    for (const name of ["wiped", "said", "meant"]) delete row.dataset[name];
    return;
  }
  row.style.translate = `${by}px 0`;
  row.dataset["wiped"] = by < 0 ? "left" : "right";
  row.dataset["said"] = said(what, rowOf(row));
  if (isMeant) row.dataset["meant"] = "";
  else delete row.dataset["meant"];
}

function rowOf(row: HTMLElement): Id | undefined {
  return list.window?.at(Number(row.getAttribute("aria-rowindex")) - 1);
}

function said(what: Swipe, id: Id | undefined): string {
  const { act } = words.text;
  const isUnread = id !== undefined && list.isUnread(id);
  const isStarred = id !== undefined && list.isStarred(id);
  const names: Record<Swipe, string> = {
    archive: act.archive,
    delete: act.delete,
    read: isUnread ? act.markRead : act.markUnread,
    star: isStarred ? act.unstar : act.star,
    spam: act.spam,
    none: "",
  };
  return names[what];
}

function act(what: Swipe, id: Id): void {
  const about = [id];
  const runs: Record<Swipe, () => unknown> = {
    archive: () => commands.archive(about),
    delete: () => commands.delete(about),
    read: () => commands.read(list.isUnread(id), about),
    star: () => commands.star(about),
    spam: () => commands.spam(about),
    none: () => undefined,
  };
  void runs[what]();
}

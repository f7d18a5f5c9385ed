// What a list shows: the emails of a folder or those that a search finds, in an order.

import type { Comparator, Filter, Id } from "../jmap/types.ts";

export type SortBy = "date" | "size" | "from" | "subject";

export interface Order {
  by: SortBy;
  isAscending: boolean;
}

export interface ListQuery {
  filter: Filter | null;
  order: Order;
  /** One row for each conversation. */
  isByThread: boolean;
  /** Where it was searched: rows show their folders, and hits are marked. */
  isSearch: boolean;
  /** The folder that it shows, if it is one. */
  mailboxId: Id | undefined;
}

export const NEWEST: Order = { by: "date", isAscending: false };

/** The order for the host; equal ones by date, the newest first. */
export function comparators(order: Order): Comparator[] {
  const newest: Comparator = { property: "receivedAt", isAscending: false };
  if (order.by === "date") return [{ ...newest, isAscending: order.isAscending }];
  return [{ property: order.by, isAscending: order.isAscending }, newest];
}

export function isSame(a: ListQuery, b: ListQuery): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

// What is known of who gets in as oneself, and what is done about it. Whoever changes it has proved within the last ten minutes who they are, or is
// asked for that first.

import { reason } from "../actions/done.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { type Change, type Given, type Security, type Session, change, fetchSecurity, fetchSessions, problem } from "./host.ts";
import { why } from "./said.ts";
import { texts } from "./words/texts.svelte.ts";

/** Whoever was asked for a proof thought better of it. */
class NotProven extends Error {}

class Own {
  security = $state.raw<Security | undefined>(undefined);
  sessions = $state.raw<readonly Session[]>([]);
  /** Somebody has to say once more who they are; called with whether they did. */
  asking = $state.raw<((isProven: boolean) => void) | undefined>(undefined);

  async refresh(): Promise<void> {
    [this.security, this.sessions] = await Promise.all([fetchSecurity(), fetchSessions()]);
  }

  /** Does what wants a proof; asks for one where the last is too old. */
  async proven<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (problem(error) !== "confirm") throw error;
        if (!(await new Promise<boolean>((resolve) => (this.asking = resolve)))) throw new NotProven();
      }
    }
  }

  answer(isProven: boolean): void {
    this.asking?.(isProven);
    this.asking = undefined;
  }

  async change(what: Change): Promise<Given> {
    const given = await this.proven(() => change(what));
    await this.refresh();
    return given;
  }
}

export const own = new Own();

/** Why it was not done, in words; nothing where its user did not want it. */
export function said(error: unknown): string {
  if (error instanceof NotProven) return "";
  return why(error, texts.text.refused) ?? reason(error);
}

/** Does something, and says what came of it; gives whether it was done. */
export async function attempt(act: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await act();
    if (done !== undefined) toasts.show(done);
    return true;
  } catch (error) {
    const words = said(error);
    if (words !== "") toasts.show(words, "failed");
    return false;
  }
}

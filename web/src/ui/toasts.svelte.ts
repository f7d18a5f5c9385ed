// Short news at the edge of the screen, with what one may do about it. They are read out as well.

export interface Toast {
  id: number;
  text: string;
  kind: "done" | "failed";
  action?: { label: string; run(): void } | undefined;
}

const SHOWN_MS = 8000;
const SHOWN_MAX = 3;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #count = 0;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, kind: Toast["kind"] = "done", action?: Toast["action"]): void {
    this.#count += 1;
    const toast: Toast = { id: this.#count, text, kind, action };
    this.list = [...this.list.slice(1 - SHOWN_MAX), toast];
    this.#wait(toast.id);
  }

  dismiss(id: number): void {
    this.hold(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Whoever reads it or is at its button has all the time. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    this.hold(id);
    this.#wait(id);
  }

  #wait(id: number): void {
    this.#timers.set(id, setTimeout(() => this.dismiss(id), SHOWN_MS));
  }
}

export const toasts = new Toasts();

// What was done, newest last, and how it is taken back and done again.

/** One thing that its user did. */
export interface Deed {
  /** What it is called: "3 messages moved to Archive". */
  said: string;
  undo(): Promise<void>;
  redo(): Promise<void>;
}

const DEEDS_MAX = 50;

export class History {
  #done = $state.raw<Deed[]>([]);
  #undone = $state.raw<Deed[]>([]);

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Takes note of what was done. What was undone before cannot be done again then. */
  note(deed: Deed): void {
    this.#done = [...this.#done.slice(1 - DEEDS_MAX), deed];
    this.#undone = [];
  }

  /** It cannot be undone any more. */
  forget(deed: Deed): void {
    this.#done = this.#done.filter((one) => one !== deed);
  }

  /** Undoes this, or what was done last. What fails stays where it was. */
  async undo(which?: Deed): Promise<Deed | undefined> {
    const deed = which ?? this.#done.at(-1);
    if (!deed || !this.#done.includes(deed)) return undefined;
    this.#done = this.#done.filter((one) => one !== deed);
    try {
      await deed.undo();
    } catch (error) {
      this.#done = [...this.#done, deed];
      throw error;
    }
    this.#undone = [...this.#undone, deed];
    return deed;
  }

  async redo(): Promise<Deed | undefined> {
    const deed = this.#undone.at(-1);
    if (!deed) return undefined;
    this.#undone = this.#undone.slice(0, -1);
    try {
      await deed.redo();
    } catch (error) {
      this.#undone = [...this.#undone, deed];
      throw error;
    }
    this.#done = [...this.#done, deed];
    return deed;
  }
}

export const deeds = new History();

// A question that has to be answered before something is done.

export interface Question {
  title: string;
  text: string;
  /** What the button says that does it. */
  go: string;
  isBad: boolean;
}

class Ask {
  question = $state.raw<(Question & { answer(yes: boolean): void }) | undefined>(undefined);

  sure(question: Question): Promise<boolean> {
    this.question?.answer(false);
    return new Promise((resolve) => {
      this.question = {
        ...question,
        answer: (yes) => {
          this.question = undefined;
          resolve(yes);
        },
      };
    });
  }
}

export const ask = new Ask();

import { describe, expect, it } from "vitest";
import { en as contactsEn } from "../contacts/words/en.ts";
import { ptBR as contactsBR } from "../contacts/words/pt-BR.ts";
import { ptPT as contactsPT } from "../contacts/words/pt-PT.ts";
import { en as settingsEn } from "../settings/words/en.ts";
import { ptBR as settingsBR } from "../settings/words/pt-BR.ts";
import { ptPT as settingsPT } from "../settings/words/pt-PT.ts";
import { en as findingEn } from "../find/words/en.ts";
import { ptBR as findingBR } from "../find/words/pt-BR.ts";
import { ptPT as findingPT } from "../find/words/pt-PT.ts";
import { en as orderingEn } from "../order/words/en.ts";
import { ptBR as orderingBR } from "../order/words/pt-BR.ts";
import { ptPT as orderingPT } from "../order/words/pt-PT.ts";
import { en as newsEn } from "../live/words/en.ts";
import { ptBR as newsBR } from "../live/words/pt-BR.ts";
import { ptPT as newsPT } from "../live/words/pt-PT.ts";
import { en as readingEn } from "../read/words/en.ts";
import { ptBR as readingBR } from "../read/words/pt-BR.ts";
import { ptPT as readingPT } from "../read/words/pt-PT.ts";
import { en } from "./en.ts";
import { plural } from "./plural.ts";
import { ptBR } from "./pt-BR.ts";
import { ptPT } from "./pt-PT.ts";

/** All texts, functions called with samples, by their path. */
function texts(words: object, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([name, value]: [string, unknown]): [string, string][] => {
    const at = `${path}/${name}`;
    if (typeof value === "string") return [[at, value]];
    if (typeof value === "function") {
      const said = (n: number) => String(value(n, n === 1 ? "x" : 7, n));
      return [[at, said(1)], [at, said(5000)]];
    }
    return texts(value as object, at);
  });
}

const DICTIONARIES = [
  ["the page in pt-PT", en, ptPT],
  ["the page in pt-BR", en, ptBR],
  ["the contacts in pt-PT", contactsEn, contactsPT],
  ["the contacts in pt-BR", contactsEn, contactsBR],
  ["the settings in pt-PT", settingsEn, settingsPT],
  ["the settings in pt-BR", settingsEn, settingsBR],
  ["searching in pt-PT", findingEn, findingPT],
  ["searching in pt-BR", findingEn, findingBR],
  ["ordering in pt-PT", orderingEn, orderingPT],
  ["ordering in pt-BR", orderingEn, orderingBR],
  ["news in pt-PT", newsEn, newsPT],
  ["news in pt-BR", newsEn, newsBR],
  ["reading in pt-PT", readingEn, readingPT],
  ["reading in pt-BR", readingEn, readingBR],
] as const;

describe.each(DICTIONARIES)("%s", (_, english_, words) => {
  it("says everything, and nothing in English", () => {
    const english = new Map(texts(english_));
    const same = ["/tag", "/menu", "/reader/cc", "/reader/bcc", "/roles/junk"];
    for (const [path, text] of texts(words)) {
      expect(text.trim(), path).not.toBe("");
      expect(text, path).not.toContain("undefined");
      if (!same.includes(path) && /[a-z]{4}/i.test(text)) expect(text, path).not.toBe(english.get(path));
    }
  });
});

it("knows one from many", () => {
  const forms = { one: "# mensagem", other: "# mensagens" };
  expect([0, 1, 2].map((n) => plural("pt-PT")(n, forms))).toEqual(["0 mensagens", "1 mensagem", "2 mensagens"]);
  expect(plural("pt-BR")(0, forms)).toBe("0 mensagem");
});

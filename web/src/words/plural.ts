// Numbers with their nouns, by the rules of a language (Intl.PluralRules).

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Gives the form for a number, with the number in place of `#`. */
export function plural(language: string): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const digits = new Intl.NumberFormat(language);
  return (n, forms) => (forms[rules.select(n)] ?? forms.other).replace("#", digits.format(n));
}

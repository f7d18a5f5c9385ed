// Tags: keywords that people chose. Pure.

/** A tag as a keyword: those have neither spaces nor accents (RFC 8621, 4.1.1). */
export function keyword(tag: string): string {
  return tag
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .trim()
    .replace(/\s+/g, "_")
    .replace(/[^\x21-\x7e]|[(){\]%*"\\]/g, "");
}

/** A keyword as people read it; those that begin with `$` have a meaning of their own, and are no tags. */
export function tagOf(keyword: string): string | undefined {
  return keyword.startsWith("$") ? undefined : keyword.replace(/_/g, " ");
}

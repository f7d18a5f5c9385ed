// Subjects of answers. The prefix is "Re: " in every language (RFC 5322, 3.6.5); those that other programs put there are not doubled. Pure.

const ANSWER = ["re", "res", "resp", "aw", "antw", "antwort", "sv", "vs", "odp", "ynt", "rif", "ref", "réf", "bls", "ats", "hl", "回复", "答复"];
const FORWARD = ["fw", "fwd", "enc", "wg", "tr", "rv", "vb", "vl", "vid", "doorst", "i", "pd", "ilt", "tov", "转发"];

const COUNT = "(?:\\s*[[(]?\\d{1,3}[\\])]?|\\s*\\^\\d{1,3})?";
const prefixes = (words: string[]) => new RegExp(`^\\s*(?:(?:${words.join("|")})${COUNT}\\s*[:：]\\s*)+`, "iu");
const ANSWERS = prefixes(ANSWER);
const FORWARDS = prefixes(FORWARD);
/** The name of a list that stands before it all: `[friends] Re: picnic`. */
const LIST = /^\s*\[[^\]]{1,60}\]\s*/u;

export function answerSubject(subject: string | null): string {
  return prefixed("Re", subject ?? "", ANSWERS);
}

export function forwardSubject(subject: string | null): string {
  return prefixed("Fwd", subject ?? "", FORWARDS);
}

function prefixed(prefix: string, subject: string, known: RegExp): string {
  const list = LIST.exec(subject)?.[0] ?? "";
  const behind = subject.slice(list.length);
  // A list puts its name in front of the prefix, and would do so again.
  if (list && known.test(behind)) return `${list.trim()} ${prefix}: ${behind.replace(known, "").trim()}`.trim();
  return `${prefix}: ${subject.replace(known, "").trim()}`.trim();
}

// The words of the search line, in English and Portuguese: both are understood, whatever the language of the page.

export type Operator = "from" | "to" | "cc" | "subject" | "body" | "has" | "before" | "after" | "larger" | "smaller" | "in" | "is" | "tag";

export const OPERATORS: Readonly<Record<string, Operator>> = {
  from: "from",
  de: "from",
  to: "to",
  para: "to",
  cc: "cc",
  subject: "subject",
  assunto: "subject",
  body: "body",
  texto: "body",
  has: "has",
  tem: "has",
  com: "has",
  before: "before",
  until: "before",
  antes: "before",
  ate: "before",
  after: "after",
  since: "after",
  depois: "after",
  apos: "after",
  desde: "after",
  larger: "larger",
  maior: "larger",
  smaller: "smaller",
  menor: "smaller",
  in: "in",
  em: "in",
  is: "is",
  e: "is",
  esta: "is",
  tag: "tag",
  label: "tag",
  etiqueta: "tag",
  marcador: "tag",
};

/** What may stand behind `is:`: the keyword, and whether it is set. */
export const IS: Readonly<Record<string, readonly [string, boolean]>> = {
  read: ["$seen", true],
  seen: ["$seen", true],
  lida: ["$seen", true],
  lido: ["$seen", true],
  unread: ["$seen", false],
  unseen: ["$seen", false],
  naolida: ["$seen", false],
  naolido: ["$seen", false],
  starred: ["$flagged", true],
  flagged: ["$flagged", true],
  estrela: ["$flagged", true],
  comestrela: ["$flagged", true],
  answered: ["$answered", true],
  replied: ["$answered", true],
  respondida: ["$answered", true],
  forwarded: ["$forwarded", true],
  reencaminhada: ["$forwarded", true],
  draft: ["$draft", true],
  rascunho: ["$draft", true],
};

export const ATTACHMENT: readonly string[] = ["attachment", "attachments", "anexo", "anexos"];

export const ROLES: Readonly<Record<string, string>> = {
  inbox: "inbox",
  entrada: "inbox",
  caixadeentrada: "inbox",
  drafts: "drafts",
  rascunhos: "drafts",
  sent: "sent",
  enviadas: "sent",
  enviados: "sent",
  archive: "archive",
  arquivo: "archive",
  spam: "junk",
  junk: "junk",
  trash: "trash",
  lixo: "trash",
  lixeira: "trash",
};

/** All folders, the trash among them. */
export const ANYWHERE: readonly string[] = ["anywhere", "all", "tudo", "todo", "todas"];

/** Without case, accents, spaces and what joins words: so people write names of folders and these words in many ways. */
export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s_-]+/g, "");
}

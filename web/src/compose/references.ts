// By which fields an answer is known as one (RFC 5322, 3.6.4). Pure.

interface Parent {
  messageId: string[] | null;
  inReplyTo: string[] | null;
  references: string[] | null;
}

export interface References {
  inReplyTo: string[] | null;
  references: string[] | null;
}

/** Long conversations name the first message and the last ones: a header has bounds. */
const REFERENCES_MAX = 50;

export function references({ messageId, inReplyTo, references }: Parent): References {
  const own = messageId ?? [];
  if (own.length === 0) return { inReplyTo: null, references: null };
  // Without References those of In-Reply-To will do, if there is one alone.
  const before = references?.length ? references : inReplyTo?.length === 1 ? inReplyTo : [];
  const all = [...before.filter((id) => !own.includes(id)), ...own];
  const kept = all.length > REFERENCES_MAX ? [...all.slice(0, 1), ...all.slice(1 - REFERENCES_MAX)] : all;
  return { inReplyTo: own, references: kept };
}

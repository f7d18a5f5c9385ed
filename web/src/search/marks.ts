// Text of the host with the places that a search found (RFC 8621, 5): escaped HTML with `mark` elements, taken apart into plain texts, so
// that nothing of it is ever HTML here.

export interface Piece {
  text: string;
  isHit: boolean;
}

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

export function pieces(marked: string): Piece[] {
  const found: Piece[] = [];
  for (const [index, part] of marked.split(/<mark>|<\/mark>/).entries()) {
    const text = part.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
    if (text !== "") found.push({ text, isHit: index % 2 === 1 });
  }
  return found;
}

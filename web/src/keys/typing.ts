// Whether a key belongs to what has the focus.

/** Keys in a field are its own, and dialogs and menus have theirs. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isField = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  return isField || target.isContentEditable || target.closest("dialog, [role=menu]") !== null;
}


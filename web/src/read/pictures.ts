// The addresses whose pictures from elsewhere are always shown.

import { failed } from "../actions/done.ts";
import type { Email } from "../jmap/types.ts";
import { conversation } from "../store/conversation.svelte.ts";
import { ENTRIES_MAX, preferences } from "../store/preferences.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { texts } from "./words/texts.ts";

export async function alwaysShow(email: Email, address: string): Promise<void> {
  const { picturesFrom } = preferences.values;
  if (picturesFrom.length >= ENTRIES_MAX) return toasts.show(texts.text.tooMany, "failed");
  try {
    await Promise.all([
      preferences.set("picturesFrom", [...new Set([...picturesFrom, address.toLowerCase()])]),
      conversation.showPictures(email.id),
    ]);
    toasts.show(texts.text.always(address));
  } catch (error) {
    failed(error);
  }
}

export async function neverShow(email: Email, address: string): Promise<void> {
  try {
    await preferences.set("picturesFrom", preferences.values.picturesFrom.filter((one) => one !== address.toLowerCase()));
    await conversation.hidePictures(email.id);
    toasts.show(texts.text.notAlways(address));
  } catch (error) {
    failed(error);
  }
}

// The versions of the page that are kept: each whole, in a cache of its own. Pure but for the caches that it is given.

const PREFIX = "correio-page-";

export interface Version {
  hash: string;
  files: readonly string[];
}

export function nameOf({ hash }: Version): string {
  return `${PREFIX}${hash}`;
}

/** Whether a cache stays: all that are not of the page, this version, and the one that came before it. */
export function keeps(names: readonly string[], name: string, version: Version): boolean {
  if (!name.startsWith(PREFIX) || name === nameOf(version)) return true;
  // Caches are named in the order in which they were made.
  const others = names.filter((one) => one.startsWith(PREFIX) && one !== nameOf(version));
  return name === others.at(-1);
}

interface Caches {
  match(url: string, within: { cacheName: string }): Promise<Response | undefined>;
}

/** The page of this version. A cache that was taken out is not opened: that would make it again. */
export async function current(caches: Caches, version: Version, url: string): Promise<Response | undefined> {
  return await caches.match(url, { cacheName: nameOf(version) });
}

// Bodies that are kept, as frames show them: under the same policy as on the host (ADR 27), which is written here for each, so that nothing that
// is kept says what it may do. Pictures are those that are in it. Pure.

/** By this a kept body says by its hash which script the host put into it. */
export const SCRIPT_FIELD = "Correio-Script";

export function policyOf(hash: string): string {
  const isHash = /^[A-Za-z0-9+/]{43}=$/.test(hash);
  return [
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox",
    "default-src 'none'",
    `script-src ${isHash ? `'sha256-${hash}'` : "'none'"}`,
    "img-src data:",
    "style-src 'unsafe-inline'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}

/** What all that is kept is given out with. */
export function fieldsOf(kept: { get(name: string): string | null }): Record<string, string> {
  return {
    "Content-Type": kept.get("Content-Type") ?? "application/octet-stream",
    "Content-Security-Policy": policyOf(kept.get(SCRIPT_FIELD) ?? ""),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  };
}

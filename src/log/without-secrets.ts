/** A line without what opens doors: passwords in URLs, credentials in headers, secrets in queries and assignments. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(:\/\/)[^/\s@"']{1,200}@/g, "$1…@")
    .replace(/\b(Bearer|Basic|Negotiate|Digest)\s+[A-Za-z0-9._~+/=-]{6,}/gi, "$1 …")
    .replace(/\b((?:set-)?cookie\s*[:=]\s*)[^"'\r\n]{1,4000}/gi, "$1…")
    .replace(SECRET, "$1…");
}

/** A name that says secret, and its value. */
const SECRET =
  /\b([\w.-]{0,40}(?:token|passw(?:or)?d|secret|api[_-]?key|access[_-]?key|signature|credential|session[_-]?id|auth)[\w.-]{0,20}\\?["']?\s?[=:]\s?\\?["']?)(?![\s"'…])[^\s&"',;)]{3,}/gi;

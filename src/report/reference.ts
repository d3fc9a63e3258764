/** `#138772` for a packet, `:214` for a line: what stands behind a file's name. */
export function referenceOf(item: {
  readonly packet?: number | undefined;
  readonly line?: number | undefined;
}): string {
  return item.packet === undefined ? `:${item.line}` : `#${item.packet}`;
}

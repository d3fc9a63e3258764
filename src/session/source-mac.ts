/** Link types whose header carries the sender's hardware address at a fixed place. */
const ETHERNET = 1;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;

/** The link-layer source address of a packet as text, or "" where the link has none. */
export function sourceMac(bytes: Uint8Array, start: number, captured: number, linkType: number): string {
  switch (linkType) {
    case ETHERNET:
      return captured >= 12 ? print(bytes, start + 6) : "";
    case LINUX_SLL:
      return captured >= 12 ? print(bytes, start + 6) : "";
    case LINUX_SLL2:
      return captured >= 18 ? print(bytes, start + 12) : "";
  }
  return "";
}

function print(bytes: Uint8Array, offset: number): string {
  let text = "";
  for (let i = 0; i < 6; i++) {
    text += (i > 0 ? ":" : "") + (bytes[offset + i] ?? 0).toString(16).padStart(2, "0");
  }
  return text === "00:00:00:00:00:00" ? "" : text;
}

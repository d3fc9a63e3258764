/** Names for link types that are met in captures but carry no TCP, or none that is read here. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [114, "LocalTalk"],
  [177, "Linux LAPD"],
  [187, "Bluetooth HCI"],
  [189, "USB, Linux"],
  [190, "CAN"],
  [195, "IEEE 802.15.4"],
  [201, "Bluetooth HCI with direction"],
  [220, "USB, Linux, padded"],
  [227, "CAN, SocketCAN"],
  [230, "IEEE 802.15.4 without checksum"],
  [231, "D-Bus"],
  [247, "InfiniBand"],
  [249, "USBPcap"],
  [251, "Bluetooth LE"],
  [252, "Wireshark's exported dissections"],
  [253, "Linux netlink"],
  [256, "Bluetooth LE with radio header"],
  [266, "USB, Darwin"],
  [271, "vsock"],
  [0xfffe, "not assigned"],
]);

/** The name of a link type, or `""`. 147 to 162 are for private use. */
export function linkTypeName(linkType: number): string {
  if (linkType >= 147 && linkType <= 162) return `private use ${linkType - 147}`;
  return NAMES.get(linkType) ?? "";
}

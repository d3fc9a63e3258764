import { printIPv4, printIPv6 } from "../net/address.ts";
import { Fault } from "../net/fault.ts";
import { parseAddress } from "../net/parse-address.ts";
import { printable } from "../net/printable.ts";

/** Reads `10.0.0.1`, `10.0.0.1:443`, `:443`, `2001:db8::1` or `[2001:db8::1]:443`; the address comes out as flows print it. */
export function parseEndpoint(text: string): { readonly address?: string; readonly port?: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [text, undefined, text, undefined];
  const address = match[1] ?? match[2] ?? "";
  const port = match[3];
  if ((address === "" && port === undefined) || Number(port ?? 0) > 65_535) throw noEndpoint(text);
  return {
    ...(address === "" ? {} : { address: canonical(address, text) }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

function canonical(address: string, text: string): string {
  let bytes: Uint8Array;
  try {
    bytes = parseAddress(address);
  } catch {
    throw noEndpoint(text);
  }
  if (bytes.length === 16) return printIPv6(bytes);
  return printIPv4(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
}

const noEndpoint = (text: string): Fault =>
  new Fault(
    "bad-option",
    `--endpoint was given '${printable(text)}', which is no address.`,
    "Try 10.0.0.1, 10.0.0.1:443, :443, 2001:db8::1 or [2001:db8::1]:443.",
  );

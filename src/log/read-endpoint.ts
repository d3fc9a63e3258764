import { printIPv4, printIPv6 } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { parseAddress } from "../net/parse-address.ts";

/** Reads `192.0.2.1:443` or `[2001:db8::1%eth0]:443`; undefined when it is not an IP address with a port. */
export function readEndpoint(text: string): Endpoint | undefined {
  if (text.length > 80) return undefined;
  const colon = text.lastIndexOf(":");
  if (colon <= 0) return undefined;
  return endpointOf(text.slice(0, colon), text.slice(colon + 1));
}

/** An endpoint from an address (in brackets or not) and a port, both as text. */
export function endpointOf(host: string, port: string): Endpoint | undefined {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return undefined;
  const address = readAddress(host);
  return address === undefined ? undefined : { address, port: Number(port) };
}

/** The address in its canonical form (RFC 5952), without brackets and zone. */
export function readAddress(text: string): string | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const zone = bare.indexOf("%");
  const address = zone < 0 ? bare : bare.slice(0, zone);
  if (address.length > 45 || !/^[0-9a-fA-F.:]{2,45}$/.test(address)) return undefined;
  try {
    const bytes = parseAddress(address);
    if (bytes.length === 16) return printIPv6(bytes);
    return printIPv4(((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
  } catch {
    return undefined;
  }
}

/** What follows `scheme://`, up to the path: the endpoint of a URL whose host is an address. */
export function endpointOfUrl(url: string): Endpoint | undefined {
  const authority = /^[a-z][a-z0-9+.-]{0,15}:\/\/([^/?#\s]{1,90})/i.exec(url)?.[1];
  if (authority === undefined) return undefined;
  const bare = authority.slice(authority.lastIndexOf("@") + 1);
  return readEndpoint(bare) ?? endpointOf(bare, url.toLowerCase().startsWith("https") ? "443" : "80");
}

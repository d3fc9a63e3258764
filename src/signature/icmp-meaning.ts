import type { IcmpError } from "../session/segment.ts";

/** What an ICMP error says about a SYN that it quotes. */
export interface IcmpMeaning {
  /** The code's name (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1). */
  readonly text: string;
  /** `prohibited` and `port` come from a filter; `unreachable` from a filter, a reject route or a router that finds no host. */
  readonly kind: "prohibited" | "port" | "unreachable";
  /** What connect() reports on Linux (icmp_err_convert[], icmpv6_err_convert()). */
  readonly symptom:
    | "no-route-to-host"
    | "network-unreachable"
    | "connection-refused"
    | "permission-denied"
    | "protocol-unreachable";
}

const V4: Readonly<Record<number, IcmpMeaning>> = {
  0: { text: "network unreachable", kind: "unreachable", symptom: "network-unreachable" },
  1: { text: "host unreachable", kind: "unreachable", symptom: "no-route-to-host" },
  2: { text: "protocol unreachable", kind: "prohibited", symptom: "protocol-unreachable" },
  3: { text: "port unreachable", kind: "port", symptom: "connection-refused" },
  9: { text: "network administratively prohibited", kind: "prohibited", symptom: "network-unreachable" },
  10: { text: "host administratively prohibited", kind: "prohibited", symptom: "no-route-to-host" },
  13: { text: "communication administratively prohibited", kind: "prohibited", symptom: "no-route-to-host" },
};

const V6: Readonly<Record<number, IcmpMeaning>> = {
  0: { text: "no route to destination", kind: "unreachable", symptom: "network-unreachable" },
  1: { text: "communication administratively prohibited", kind: "prohibited", symptom: "permission-denied" },
  3: { text: "address unreachable", kind: "unreachable", symptom: "no-route-to-host" },
  4: { text: "port unreachable", kind: "port", symptom: "connection-refused" },
  5: { text: "source address failed policy", kind: "prohibited", symptom: "permission-denied" },
  6: { text: "reject route to destination", kind: "prohibited", symptom: "permission-denied" },
};

/** The meaning of a destination-unreachable error; undefined for others (too big, time exceeded), which no filter sends. */
export function icmpMeaning({ ipVersion, type, code }: IcmpError): IcmpMeaning | undefined {
  if (ipVersion === 4) return type === 3 ? V4[code] : undefined;
  return type === 1 ? V6[code] : undefined;
}

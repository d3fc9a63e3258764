/** Where to capture next and how, in one sentence with a command that can be pasted. */
export function captureAt(where: string, filter: string, why: string): string {
  return `Capture on ${where} while it happens again (${why}): tcpdump -ni any -s 128 -w evidence.pcap '${filter}'`;
}

/** A capture filter for one address, as tcpdump takes it; ICMP errors included. */
export function hostFilter(address: string, port?: number): string {
  const tcp = port === undefined ? `host ${address}` : `host ${address} and tcp port ${port}`;
  return `(${tcp}) or ${address.includes(":") ? "icmp6" : "icmp"}`;
}

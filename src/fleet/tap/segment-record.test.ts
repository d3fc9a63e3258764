import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { PcapWriter } from "../../capture/write-pcap.ts";
import { encodeTcp, type TcpOptions } from "../../wire/encode.ts";
import { SegmentRecords } from "./segment-record.ts";

const EPOCH = 1_767_600_000_123_456_789n;

test("a record has the bytes that encodeTcp and PcapWriter give", () => {
  const u16 = fc.nat(0xffff);
  const u32 = fc.nat(0xffffffff);
  const segment = fc.record({
    timeNs: fc.nat(5e12),
    fromPort: u16,
    toPort: u16,
    seq: u32,
    ack: u32,
    flags: fc.nat(0x3f),
    window: u16,
    ttl: fc.nat(255),
    ipId: u16,
    options: fc.constantFrom("none" as const, "timestamp" as const, "syn" as const),
    timestamp: u32,
    echo: u32,
    mss: u16,
    payload: fc.uint8Array({ maxLength: 1500 }),
  });
  fc.assert(
    fc.property(segment, fc.boolean(), (written, v6) => {
      const addresses = v6 ? ["fd00::10:4", "fd00::40:5"] : ["10.10.0.4", "10.40.0.5"];
      const into = new Uint8Array(SegmentRecords.OVERHEAD + written.payload.length + 7);
      const records = new SegmentRecords(addresses, EPOCH);
      const whole = { ...written, from: 0, to: 1, fromMac: 258, toMac: 3 };
      const end = records.write(into, new DataView(into.buffer), 7, whole);
      const { timestamp: value, echo, options } = written;
      const stamps: TcpOptions = { timestamp: { value, echo } };
      const packet = encodeTcp({
        ...written,
        from: { address: addresses[0] as string, port: written.fromPort },
        to: { address: addresses[1] as string, port: written.toPort },
        sourceMac: Uint8Array.of(2, 0, 0, 0, 1, 2),
        destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 3),
        options:
          options === "none" ? {} : options === "timestamp" ? stamps : { ...stamps, mss: written.mss, windowScale: 7 },
      });
      const expected = new PcapWriter(1).record(EPOCH + BigInt(written.timeNs), packet);
      expect(Buffer.from(into.subarray(7, end)).toString("hex")).toBe(Buffer.from(expected).toString("hex"));
    }),
  );
});

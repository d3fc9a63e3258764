import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openSource } from "../src/capture/evidence-source.ts";
import { readCapture } from "../src/capture/read-capture.ts";
import { LOCATED_TCP, Locator } from "../src/wire/locate.ts";

/**
 * Packets and TCP packets of public captures, against tshark's reading of them. The captures are
 * no part of the project: HALFOPEN_CAPTURES points at the folder that holds them and the readings.
 */

const folder = process.env.HALFOPEN_CAPTURES;
const oracle = folder === undefined ? undefined : join(folder, "oracle-container.jsonl.gz");

interface Reading {
  readonly file: string;
  readonly tshark: "ok" | "cut-short" | "corrupt" | "unsupported";
  readonly packets: number;
  readonly tcp: number;
}

/** Deliberate differences, with the reason. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ["pcap-ng_Wi-Fi_Bluetooth_USB_Cooked_timestamps_issue_1.ntar", "tshark stops at a short Bluetooth packet, we go on"],
  ["brcm-tag-stp.pcap", "tshark 4.0 does not know this link type, we do"],
  ["dsa.pcap", "tshark 4.0 does not know this link type, we do"],
  ["pcap_flow_lab_showcase.pcap", "a pseudowire without control word, which tshark takes for one with"],
  ["netlink-nflog.pcap", "several logged packets in one netlink record: not read, and named as such"],
]);

if (oracle === undefined || !existsSync(oracle)) {
  test.skip("public captures: HALFOPEN_CAPTURES names no folder with oracle-container.jsonl.gz", () => {});
} else {
  const readings: Reading[] = gunzipSync(readFileSync(oracle))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

  test.each(readings.map((reading) => [reading.file, reading] as const))("%s", async (file, reading) => {
    const source = await openSource(join(folder ?? "", file));
    const locator = new Locator();
    let tcp = 0;
    const summary = await readCapture(source, {
      onBatch: ({ view, bytes, count, firstNumber, offset, captured, wireLength, linkType }) => {
        for (let i = 0; i < count; i++) {
          const [at = 0, length = 0, wire = 0, link = 0] = [offset[i], captured[i], wireLength[i], linkType[i]];
          if (locator.locate(view, bytes, at, length, wire, link, firstNumber + i) === LOCATED_TCP) tcp++;
        }
      },
    });
    source.close();
    const kinds = summary.problems.map((problem) => problem.kind);
    const [found, expected] = [
      { packets: summary.packets, tcp },
      { packets: reading.packets, tcp: reading.tcp },
    ];
    if (DIFFERENT.has(file.split("/").at(-1) ?? "")) {
      // Once it no longer differs, it has no place in the table.
      expect(found).not.toEqual(expected);
      return;
    }
    expect(found).toEqual(expected);
    if (reading.tshark === "cut-short") expect(kinds).toContain("cut-short");
    if (reading.tshark === "corrupt") expect(kinds).toContain("damaged");
    if (reading.tshark === "unsupported") expect(kinds.length).toBeGreaterThan(0);
  });
}

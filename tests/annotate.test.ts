import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { annotateCapture, explain, packetNotes } from "../src/index.ts";
import { captureKinds } from "./helpers/capture-kinds.ts";

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = join(ROOT, "examples");
const MAIN = join(ROOT, "src", "cli", "main.ts");
const scratch = mkdtempSync(join(tmpdir(), "halfopen-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The captures of an example without its logs and keys. */
const STORY = capturesOf("backend-tuple-collision");
const LOST = join(STORY, "client.pcap");

function capturesOf(example: string): string {
  const folder = join(scratch, example);
  mkdirSync(folder);
  for (const file of readdirSync(join(EXAMPLES, example)).filter((name) => name.endsWith(".pcap"))) {
    copyFileSync(join(EXAMPLES, example, file), join(folder, file));
  }
  return folder;
}

let folders = 0;
const fresh = (): string => join(scratch, `folder-${folders++}`);

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function halfopen(args: readonly string[], input?: Buffer): Outcome {
  const script = `import { run } from ${JSON.stringify(MAIN)}; process.exitCode = await run(process.argv.slice(1));`;
  const child = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script, "--", ...args], {
    encoding: "utf8",
    ...(input === undefined ? {} : { input }),
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

function hasTshark(): boolean {
  return spawnSync("tshark", ["--version"], { stdio: "ignore" }).status === 0;
}

/** What a program of Wireshark prints; its warnings about running as root are passed over. */
const wireshark = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });

const stories = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** As in tests/conformance: needs tshark, and insists on it in continuous integration. */
describe.skipIf(!hasTshark() && process.env.CI === undefined)("Wireshark reads an annotated capture", () => {
  test.each(stories)(
    "%s: the findings are comments of the right packets, the rest is as it was",
    async (story) => {
      const folder = fresh();
      halfopen(["explain", join(EXAMPLES, story), "--annotate", folder, "-q"]);
      const explanation = await explain(join(EXAMPLES, story));
      const captures = explanation.inputs.filter((input) => input.packets !== undefined).map((input) => input.file);
      expect(readdirSync(folder)).toHaveLength(captures.length);
      for (const file of captures) {
        const copy = join(folder, basename(file).replace(/\.pcap$/, ".annotated.pcapng"));
        const told = commentsOf(copy);
        const notes = [...packetNotes(explanation, file)].sort((a, b) => a.packet - b.packet);
        const byPacket = Map.groupBy(notes, (note) => note.packet);
        expect(told.map((line) => Number(line.split("\t")[0]))).toEqual([...byPacket.keys()]);
        for (const [i, texts] of [...byPacket.values()].entries()) {
          for (const { text } of texts) expect(told[i]).toContain(text.replaceAll("\\", "\\\\"));
        }
        expect(packetsOf(copy)).toBe(packetsOf(file));
        expect(wireshark("capinfos", "-k", copy)).toContain("Capture comment:     halfopen ");
      }
    },
    120_000,
  );

  // tshark fails at a record that is cut short.
  const known = [...captureKinds()].filter(([name]) => !name.includes("cut short"));
  test.each(known)(
    "%s",
    async (_name, bytes) => {
      const folder = fresh();
      mkdirSync(folder);
      const [file, copy, edited] = ["capture", "copy.pcapng", "edited.pcapng"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(file, bytes);
      // A simple packet, here the second of its section, has no time in Wireshark until it is given a comment.
      const noted = [1, 3, 4, 5];
      await annotateCapture(
        file,
        noted.map((packet) => ({ packet, text: `packet ${packet}` })),
        copy,
      );
      expect(packetsOf(copy)).toBe(packetsOf(file));
      const last = Number(/Number of packets: +(\d+)/.exec(wireshark("capinfos", "-c", "-M", copy))?.[1]);
      execFileSync("editcap", [copy, edited], { stdio: "ignore" });
      for (const each of [copy, edited]) {
        const numbers = commentsOf(each).map((line) => Number(line.split("\t")[0]));
        // The captures of pcapng bring comments of their own.
        expect(numbers).toEqual(expect.arrayContaining(noted.filter((packet) => packet <= last)));
      }
    },
    120_000,
  );

  /** Number and comments of each packet that has one. */
  function commentsOf(file: string): string[] {
    const fields = ["-T", "fields", "-e", "frame.number", "-e", "frame.comment"];
    const told = wireshark("tshark", "-r", file, "-Y", "frame.comment", ...fields).split("\n");
    return told.filter((line) => line !== "");
  }

  /** Numbers, times, lengths and bytes of every packet. */
  function packetsOf(file: string): string {
    const fields = ["number", "time_epoch", "len", "cap_len"].flatMap((name) => ["-e", `frame.${name}`]);
    const rows = wireshark("tshark", "-r", file, "-T", "fields", ...fields);
    return rows + wireshark("tshark", "-r", file, "-x").replace(/^ *\d+ +.*$/gm, "");
  }
});

describe("explain --annotate", () => {
  test("prints what it prints without, and says what was written", () => {
    const folder = join(fresh(), "made", "for it");
    const plain = halfopen(["explain", STORY]);
    const { code, out, err } = halfopen(["explain", STORY, "--annotate", folder]);
    expect({ code, out }).toEqual({ code: plain.code, out: plain.out });
    const written = err
      .trim()
      .split("\n")
      .map((line) => line.replace(/, [1-9]\d* comments$/, ", commented"));
    expect(written).toEqual([
      `${join(folder, "apiserver-1.annotated.pcapng")}: 435 packets, commented`,
      `${join(folder, "client.annotated.pcapng")}: 730 packets, commented`,
      expect.stringContaining(`${join(folder, "lb-a.annotated.pcapng")}: 200 packets`),
      expect.stringContaining(`${join(folder, "lb-b.annotated.pcapng")}: 670 packets`),
    ]);
    expect(halfopen(["explain", LOST, "-q", "--annotate", fresh()]).err).toBe("");
  });

  test("an annotated copy is evidence like its capture", () => {
    const folder = fresh();
    halfopen(["explain", STORY, "--annotate", folder]);
    const incidents = (path: string): unknown =>
      JSON.parse(halfopen(["explain", path, "--format", "json"]).out).incidents.map(
        (incident: { cause: string; confidence: string; evidence: { packet: number; shows: string }[] }) => [
          incident.cause,
          incident.confidence,
          incident.evidence.map(({ packet, shows }) => [packet, shows]),
        ],
      );
    expect(incidents(folder)).toEqual(incidents(STORY));
  });

  test("copies that are there stay, unless told otherwise, and that is known before reading", () => {
    const folder = fresh();
    mkdirSync(folder);
    const taken = join(folder, "client.annotated.pcapng");
    writeFileSync(taken, "precious");
    const refused = halfopen(["explain", LOST, "--annotate", folder]);
    expect(refused).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/already there.*\s.*--force/) });
    expect(readFileSync(taken, "utf8")).toBe("precious");
    expect(halfopen(["explain", LOST, "--annotate", folder, "--force"])).toMatchObject({ code: 1 });
    // The copy is now an input, and its own copy would have its name.
    const over = halfopen(["explain", taken, "--annotate", folder, "--force"]);
    expect(over).toMatchObject({ code: 2, out: "", err: expect.stringContaining("one of the captures") });
  });

  test("captures of one name get copies of several, and files that are none get none", () => {
    const [folder, out] = [fresh(), fresh()];
    mkdirSync(join(folder, "other"), { recursive: true });
    for (const name of ["a.pcap", "a.cap", "other/A.pcap", "b.pcap3"]) copyFileSync(LOST, join(folder, name));
    writeFileSync(join(folder, "a.log"), "http2: client connection lost\n");
    halfopen(["explain", folder, join(folder, "other"), "--annotate", out]);
    const names = ["A-3", "a", "a-2", "b.pcap3"].map((stem) => `${stem}.annotated.pcapng`);
    expect(new Set(readdirSync(out))).toEqual(new Set(names));
  });

  test("standard input", () => {
    const folder = fresh();
    expect(halfopen(["explain", "-", "--annotate", folder], readFileSync(LOST)).code).toBe(1);
    expect(readdirSync(folder)).toEqual(["stdin.annotated.pcapng"]);
  });

  test.each([
    [["--annotate", LOST], /can't be made a folder/],
    [["--force"], /--annotate/],
    [["--keep-secrets"], /--annotate/],
  ])("2 for %j", (args, message) => {
    expect(halfopen(["explain", LOST, ...args])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(message),
    });
  });

  test("2 for a capture that is not there, and none of the copies is written", () => {
    const folder = fresh();
    expect(halfopen(["explain", LOST, join(scratch, "nowhere.pcap"), "--annotate", folder])).toMatchObject({ code: 2 });
    expect(readdirSync(folder)).toEqual([]);
  });
});

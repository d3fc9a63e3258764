import { expect, test } from "vitest";
import type { Explanation } from "../../incident/explanation.ts";
import type { Collision, ComparedRun, Comparison, SeenPacket } from "./comparison.ts";
import { renderComparisonHtml } from "./comparison-html.ts";
import { renderComparisonText } from "./comparison-text.ts";

const NOTHING: Explanation = {
  schema: 1,
  inputs: [],
  incidents: [],
  notes: [],
  totals: { packets: 0, tcpPackets: 0, flows: 0, closely: 0, leftAside: 0, findings: 0 },
};

const row = (name: string, more: Partial<ComparedRun> = {}): ComparedRun => ({
  name,
  title: `what ${name} is`,
  kind: "mitigation",
  seed: 1,
  timeScale: 10,
  seconds: 45,
  adapted: ["2 of 3 zones"],
  opened: 10,
  toldToGo: 4,
  challenged: 3,
  lostInLogs: 2,
  notReady: 1,
  expected: "nothing lost",
  found: "nothing",
  agrees: true,
  servers: [],
  explanation: NOTHING,
  ...more,
});

const comparison = (rows: readonly ComparedRun[]): Comparison => ({
  scenario: "s",
  title: "T",
  about: "A",
  kernel: "Linux 0",
  rows,
});

test("a run is a line of the table, and what the lab did differently is said once", () => {
  const text = renderComparisonText(
    comparison([row("base"), row("cross-zone-off", { kubectl: { lost: 1, begun: 2 } })]),
  );
  const lines = text.split("\n");
  expect(lines.find((line) => line.startsWith("base"))?.split(/\s{2,}/)).toEqual([
    "base",
    "10",
    "4",
    "3",
    "2",
    "1",
    "-",
    "as expected",
    "nothing",
  ]);
  expect(lines.find((line) => line.startsWith("cross-zone-off"))).toContain("1 of 2");
  expect(lines.filter((line) => line.includes("2 of 3 zones"))).toHaveLength(1);
});

test("what was not expected stands out in both", () => {
  const rows = [row("base", { agrees: false, expected: "x", found: "y" })];
  expect(renderComparisonText(comparison(rows))).toContain("NOT AS EXPECTED");
  const page = renderComparisonHtml(comparison(rows));
  expect(page).toContain("NOT AS EXPECTED");
  expect(page).toContain("expected: x");
});

test("a page with hostile names is whole and runs nothing", () => {
  const page = renderComparisonHtml(
    comparison([row("<script>alert(1)</script>", { title: '"><img src=x>', adapted: ["\u202e"] })]),
  );
  expect(page).not.toMatch(/<script|<img/);
  expect(page).not.toContain("\u202e");
  expect(page.endsWith("</html>\n")).toBe(true);
});

test("what servers counted becomes lines: requests as a rate", () => {
  const points = [
    { at: 0, connections: 1, requests: 0 },
    { at: 1, connections: 3, requests: 10 },
    { at: 3, connections: 2, requests: 50 },
  ];
  const page = renderComparisonHtml(comparison([row("base", { servers: [{ name: "server-1", points }] })]));
  expect(page.match(/<polyline/g)).toHaveLength(2);
  // At most 3 connections, and (50 - 10) / 2 s.
  expect(page).toMatch(/text-anchor="end">3<\/text>/);
  expect(page).toMatch(/text-anchor="end">20<\/text>/);
});

const packet = (
  connection: "older" | "newer",
  at: number,
  fromClient: boolean,
  flags: string,
  more: Partial<SeenPacket> = {},
): SeenPacket => ({
  packet: Math.round(at * 100),
  at,
  connection,
  fromClient,
  flags,
  seq: 1,
  ack: 1,
  length: 0,
  says: [],
  notes: [],
  ...more,
});

const COLLISION: Collision = {
  client: "10.0.1.10:42000",
  older: "10.0.11.5:443",
  newer: "10.0.12.5:443",
  server: "server-1",
  atClient: [
    packet("older", 1, true, "SYN"),
    packet("older", 3, false, "PSH, ACK", { length: 100, says: ["DATA stream 1"] }),
    packet("newer", 4, true, "SYN"),
    packet("newer", 4.01, false, "ACK", { notes: ["challenge"] }),
    packet("newer", 4.02, true, "RST"),
    packet("newer", 4.03, true, "SYN", { notes: ["again"] }),
    packet("newer", 4.04, false, "SYN, ACK"),
    packet("newer", 4.05, true, "ACK"),
    packet("older", 5, true, "PSH, ACK", { length: 39, says: ["PING <b>"] }),
    packet("older", 5.01, false, "ACK", { notes: ["foreign"] }),
  ],
  atServer: [packet("older", 3, false, "PSH, ACK"), packet("newer", 4, true, "SYN", { notes: ["syn-on-open"] })],
};

test("the account's figures, as far as the runs have them, in its order", () => {
  const layout = {
    clients: [{ name: "client-a", address: "10.0.1.10" }],
    nodes: [{ name: "balancer-a", address: "10.0.11.5" }],
    servers: [{ name: "server-1", address: "10.0.21.7" }],
  };
  const page = renderComparisonHtml(
    comparison([
      row("vanilla", { kind: "vanilla", layout: { ...layout, nodes: [] } }),
      row("base", { kind: "base", layout, collision: COLLISION }),
    ]),
  );
  // Nothing was counted over time (1 to 4), and no incident has tables (12).
  expect([...page.matchAll(/<h4>Figure (\d+)<\/h4>/g)].map(([, n]) => Number(n))).toEqual([5, 6, 7, 8, 9, 10, 11, 13]);
  expect(page).toContain("PING &lt;b&gt;");
  expect(page).toContain("challenge ACK");
  // Figure 11 ends with the new connection's handshake.
  const [, eleven = ""] = /id="figure-11"([\s\S]*?)<\/figure>/.exec(page) ?? [];
  expect(eleven.match(/<tr class="(?:older|newer)/g)).toHaveLength(8);
});

/** What is said below a figure. */
function caption(page: string, n: number): string {
  const [, says = ""] = new RegExp(`id="figure-${n}"><h4>Figure ${n}</h4><p>(.*?)</p>`).exec(page) ?? [];
  return says.replaceAll("&#39;", "'");
}

const pageOf = (collision: Collision): string =>
  renderComparisonHtml(comparison([row("base", { kind: "base", collision })]));

test("captions say what the packets show", () => {
  const page = pageOf(COLLISION);
  expect(caption(page, 7)).toBe(
    "After 2.0 s without data from 10.0.11.5:443 the client sends PING to it. What comes back has numbers that it never heard of.",
  );
  expect(caption(page, 10)).toContain("nothing comes on the older one but numbers of another connection");
  expect(caption(page, 11)).toBe(
    "That moment, filtered for the port: SYN, a challenge ACK in place of SYN-ACK, the client's RST, the SYN again, and now SYN-ACK.",
  );
  expect(caption(page, 13)).toContain("a SYN in the middle of an open connection");
});

test("and no more than that: an older client that never speaks again, a newer SYN that is never repeated", () => {
  const { atClient } = COLLISION;
  const page = pageOf({ ...COLLISION, atClient: atClient.slice(0, 5), atServer: [packet("newer", 4, true, "SYN")] });
  expect(caption(page, 7)).toBe("After the newer one's SYN the client sends nothing more to 10.0.11.5:443.");
  expect(caption(page, 9)).toContain("its opening is not in this capture whole");
  expect(caption(page, 10)).toMatch(/nothing comes on the older one\.$/);
  expect(caption(page, 11)).toMatch(/the client's RST\. No SYN-ACK is seen\.$/);
  expect(caption(page, 13)).toBe("The same moment at server-1.");
});

test.each<readonly [answer: string, SeenPacket | undefined, seven: string, ten: string]>([
  ["nothing", undefined, "Nothing comes back.", "nothing comes on the older one."],
  ["a RST", packet("older", 5.01, false, "RST"), "At 5.0 s it is answered by a RST.", "but a RST."],
  ["its own ACK", packet("older", 5.01, false, "ACK"), "At 5.0 s it is answered in its own numbers.", "below."],
])("the older connection is answered with %s", (_, answer, seven, ten) => {
  const atClient = [...COLLISION.atClient.slice(0, -1), ...(answer === undefined ? [] : [answer])];
  const page = pageOf({ ...COLLISION, atClient });
  expect(caption(page, 7).endsWith(`sends PING to it. ${seven}`)).toBe(true);
  expect(caption(page, 10).endsWith(ten)).toBe(true);
  // Only what is heard no more is drawn as lost.
  expect(page.includes('class="dead"')).toBe(answer?.flags !== "ACK");
});

test("at the server a challenge ACK says that the older connection was open", () => {
  const atServer = [packet("newer", 4, true, "SYN"), packet("newer", 4.01, false, "ACK", { notes: ["challenge"] })];
  expect(caption(pageOf({ ...COLLISION, atServer }), 13)).toContain("a SYN in the middle of an open connection");
});

test("a collision of which one connection is missing is not drawn", () => {
  const older = COLLISION.atClient.filter(({ connection }) => connection === "older");
  const page = renderComparisonHtml(
    comparison([
      row("base", {
        kind: "base",
        layout: { clients: [], nodes: [], servers: [{ name: "server-1", address: "10.0.21.7" }] },
        collision: { ...COLLISION, atClient: older },
      }),
    ]),
  );
  expect(page).toContain("figures 7 to 13 are missing");
});

test("a run without a collision says which figures are missing", () => {
  const layout = { clients: [], nodes: [], servers: [{ name: "server-1", address: "10.0.21.7" }] };
  const page = renderComparisonHtml(comparison([row("base", { kind: "base", layout })]));
  expect(page).toContain("figures 7 to 13 are missing");
});

test("what kubectl printed is shown as it stands, its loss in bold", () => {
  const printed = [{ text: "NAME  STATUS" }, { text: "E1 unable to decode <an event>", lost: true as const }];
  const page = renderComparisonHtml(
    comparison([row("base", { kind: "base", kubectl: { lost: 1, begun: 2, printed } })]),
  );
  expect(page).toContain("NAME  STATUS<br><b>E1 unable to decode &lt;an event&gt;</b>");
});

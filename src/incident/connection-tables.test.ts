import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace-scene.ts";
import { SIGNATURES } from "../signature/index.ts";
import { conclude } from "./conclude.ts";
import { connectionTables } from "./connection-tables.ts";

/** Both tables of a signature's own story, a line each: `before client 10.0.0.1:4 > 10.0.0.2:443 ESTABLISHED`; `?` where inferred. */
function tablesOf(trace: string): string[] {
  return tablesOfText(readFileSync(join(import.meta.dirname, "..", "signature", trace), "utf8"));
}

function tablesOfText(text: string): string[] {
  const scene = sceneOfTrace(text);
  const [conclusion] = conclude(scene, SIGNATURES).conclusions;
  if (conclusion === undefined) throw new Error(`no conclusion of ${text}`);
  return connectionTables(scene, conclusion.finding).flatMap((moment) =>
    (["client", "server"] as const).flatMap((side) =>
      moment[side].map(
        ({ local, remote, state, seenIn }) =>
          `${moment.kind} ${side} ${local} > ${remote} ${state}${seenIn === undefined ? "?" : ""}`,
      ),
    ),
  );
}

test("a collision leaves the client with two connections and the server with one", () => {
  expect(tablesOf("backend-tuple-collision/match.trace")).toEqual([
    "before client 10.4.0.9:51514 > 10.4.11.5:6443 ESTABLISHED",
    "before client 10.4.0.9:51514 > 10.4.12.5:6443 CLOSED",
    "before server 10.4.11.5:6443 > 10.4.0.9:51514 ESTABLISHED?",
    "before server 10.4.12.5:6443 > 10.4.0.9:51514 CLOSED?",
    "after client 10.4.0.9:51514 > 10.4.11.5:6443 ESTABLISHED",
    "after client 10.4.0.9:51514 > 10.4.12.5:6443 ESTABLISHED",
    "after server 10.4.11.5:6443 > 10.4.0.9:51514 CLOSED?",
    "after server 10.4.12.5:6443 > 10.4.0.9:51514 ESTABLISHED?",
  ]);
});

test("the moment before is not the end of the older connection's handshake, though that is its last packet shown", () => {
  const before = tablesOfText(NEVER_USED).filter((line) => line.startsWith("before"));
  expect(before).toEqual([
    "before client 10.4.0.9:51514 > 10.4.11.5:6443 ESTABLISHED",
    "before client 10.4.0.9:51514 > 10.4.12.5:6443 CLOSED",
    "before server 10.4.11.5:6443 > 10.4.0.9:51514 ESTABLISHED?",
    "before server 10.4.12.5:6443 > 10.4.0.9:51514 CLOSED?",
  ]);
});

const NEVER_USED = `client = 10.4.0.9:51514
node1  = 10.4.11.5:6443 ttl=61
node2  = 10.4.12.5:6443 ttl=61

0.000  client > node1  SYN
+0.002 node1 > client  SYN,ACK
+0.001 client > node1  ACK
0.020  client > node2  SYN
+0.002 node2 > client  ACK in=node1>client
+0.0001 client > node2 RST in=client>node1
0.030  client > node2  SYN
+0.002 node2 > client  SYN,ACK
+0.0001 client > node2 ACK
0.040  client > node2  PSH,ACK len=100
+0.002 node2 > client  PSH,ACK len=300
+0.040 client > node2  ACK
31.000 client > node1  PSH,ACK len=39
+0.002 node1 > client  RST
`;

test("a refused newer connection takes nothing from the older", () => {
  expect(tablesOf("backend-tuple-collision/refused.trace").slice(4)).toEqual([
    "after client 10.4.0.9:51516 > 10.4.12.5:6443 SYN-SENT",
    "after client 10.4.0.9:51516 > 10.4.11.5:6443 ESTABLISHED",
    "after server 10.4.12.5:6443 > 10.4.0.9:51516 CLOSED?",
    "after server 10.4.11.5:6443 > 10.4.0.9:51516 ESTABLISHED?",
  ]);
});

test("a box's RST ends the client's entry only, under the address that the server has there", () => {
  expect(tablesOf("silent-idle-drop/match.trace")).toEqual([
    "before client 10.1.2.3:42852 > 10.9.9.9:80 ESTABLISHED",
    "before server 10.2.0.7:80 > 10.1.2.3:42852 ESTABLISHED",
    "after client 10.1.2.3:42852 > 10.9.9.9:80 CLOSED",
    "after server 10.2.0.7:80 > 10.1.2.3:42852 ESTABLISHED",
  ]);
});

test("where the ends disagreed only for a while, that moment is shown", () => {
  expect(tablesOf("keep-alive-race/match.trace")).toEqual([
    "before client 10.1.2.3:42852 > 10.9.9.9:3000 ESTABLISHED",
    "before server 10.9.9.9:3000 > 10.1.2.3:42852 ESTABLISHED",
    "between client 10.1.2.3:42852 > 10.9.9.9:3000 ESTABLISHED",
    "between server 10.9.9.9:3000 > 10.1.2.3:42852 CLOSED",
    "after client 10.1.2.3:42852 > 10.9.9.9:3000 CLOSED",
    "after server 10.9.9.9:3000 > 10.1.2.3:42852 CLOSED",
  ]);
});

test("of a host that fell silent nothing is known", () => {
  expect(tablesOf("peer-vanished/match.trace").at(-1)).toBe("after server 10.9.9.9:443 > 10.1.2.3:42850 unknown?");
});

test("SYNs that nobody answers leave an entry at the client only, a copy that came back none", () => {
  expect(tablesOf("hairpin-loopback/match.trace").filter((line) => !line.includes("CLOSED"))).toEqual([
    "after client 172.31.7.31:51924 > 172.31.18.200:443 SYN-SENT",
    "after client 172.31.7.31:39778 > 172.31.18.200:443 SYN-SENT",
  ]);
});

test("nothing is shown where neither end ever held anything", () => {
  expect(tablesOf("connection-refused/match.trace")).toEqual([]);
});

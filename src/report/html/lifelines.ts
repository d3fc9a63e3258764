import type { EvidenceReport } from "../../incident/explanation.ts";
import { printEndpoint } from "../../net/endpoint.ts";
import type { Step } from "./proof.ts";
import { type Role, roleOf, type Sheet } from "./sheet.ts";

/** A vertical line of a sequence diagram: one endpoint, or all of a side where there are too many. */
export interface Lifeline {
  readonly role: Role;
  readonly title: string;
  readonly name: string;
  /** Percent from the left. */
  readonly at: number;
}

/** The lifelines of a story, and where its packets run. */
export interface Lifelines {
  readonly all: readonly Lifeline[];
  /** The lines that a packet leaves and reaches; undefined for evidence that is no segment. */
  readonly ends: (item: EvidenceReport) => readonly [Lifeline, Lifeline] | undefined;
}

/** More than these cannot be told apart on a narrow page. */
const MOST_LIFELINES = 4;

/** One lifeline for each client address and each server endpoint, clients first; addresses that something translates stand between. */
export function lifelinesOf(sheet: Sheet, steps: readonly Step[]): Lifelines {
  const clients = new Map<string, End>();
  const servers = new Map<string, End>();
  for (const { item } of steps) {
    const { segment } = item;
    if (segment === undefined) continue;
    const [client, server] = segment.fromClient ? [segment.from, segment.to] : [segment.to, segment.from];
    const role = roleOf(sheet.explanation.inputs, item.file);
    note(clients, client.address, printEndpoint(client), role === "client");
    note(servers, printEndpoint(server), printEndpoint(server), role === "server");
  }
  const left = inOrder(clients, "client");
  const right = inOrder(servers, "server");
  const together = left.length + right.length > MOST_LIFELINES;
  const heads = together ? [sideHead("client", left), sideHead("server", right)] : [...left, ...right];
  const all = heads.map(({ role, title, name }, i) => ({ role, title, name, at: ((i + 0.5) / heads.length) * 100 }));
  const place = (side: readonly Head[], first: number, key: string): Lifeline | undefined =>
    all[first + (together ? 0 : side.findIndex((head) => head.key === key))];
  return {
    all,
    ends: ({ segment }) => {
      if (segment === undefined) return undefined;
      const [client, server] = segment.fromClient ? [segment.from, segment.to] : [segment.to, segment.from];
      const one = place(left, 0, client.address);
      const other = place(right, together ? 1 : left.length, printEndpoint(server));
      if (one === undefined || other === undefined) return undefined;
      return segment.fromClient ? [one, other] : [other, one];
    },
  };
}

/** An end that packets name: how, and whether a capture taken at that end does. */
interface End {
  readonly names: Set<string>;
  own: boolean;
}

function note(ends: Map<string, End>, key: string, name: string, own: boolean): void {
  const end = ends.get(key) ?? { names: new Set<string>(), own: false };
  end.names.add(name);
  end.own ||= own;
  ends.set(key, end);
}

interface Head extends Omit<Lifeline, "at"> {
  readonly key: string;
}

/**
 * The ends of one side from the outside in. Where a capture taken at that end shows its own address,
 * the others are addresses that something on the way translates.
 */
function inOrder(ends: ReadonlyMap<string, End>, side: "client" | "server"): Head[] {
  const owned = [...ends.values()].some((end) => end.own);
  const heads = [...ends].map(([key, { names, own }]) => {
    // A client that used several ports is named by its address.
    const name = names.size === 1 ? ([...names][0] ?? key) : key;
    if (!owned || own) return { key, name, own, role: side, title: side };
    return { key, name, own, role: "middle" as const, title: side === "server" ? "address dialled" : "translated" };
  });
  const inward = side === "client" ? 1 : -1;
  return heads.sort((a, b) => inward * (Number(b.own) - Number(a.own)));
}

function sideHead(role: "client" | "server", ends: readonly Head[]): Head {
  if (ends.length === 1 && ends[0] !== undefined) return ends[0];
  return { key: "", role, title: `${role}s`, name: `${ends.length} addresses` };
}

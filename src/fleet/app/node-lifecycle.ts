/**
 * The controller that judges nodes, as kube-controller-manager's node lifecycle does it: whenever it sees a lease renewed it notes its own clock; every
 * monitor period it looks at all nodes, and whoever it has not heard of for the grace period becomes NotReady, until it hears again.
 * What it hears of comes over its watch on leases alone. Of several controllers the first leads.
 */
import * as kinds from "../engine/event-kinds.ts";
import type { FleetClients } from "./clients.ts";
import type { Servers } from "./servers.ts";
import type { World } from "./world.ts";
import * as world from "./world.ts";

const { MONITOR } = kinds;
const { MS } = world;

export class NodeLifecycle {
  /** The actor whose clock counts; -1: nobody judges. */
  readonly leader: number;
  readonly #world: World;
  /** The leader's stamp of each node: the look at which it last found a newer lease. */
  readonly #heard: Float64Array;
  /** Whether it has heard of a newer one since, of the latest renewal it knows of, and of the latest at a server (milliseconds). */
  readonly #news: Uint8Array;
  readonly #known: Float64Array;
  readonly #renewed: Float64Array;
  readonly #notReadySince: Float64Array;
  /** Renewals, and those that the leader heard of. */
  readonly #sent: Float64Array;
  readonly #seen: Float64Array;

  constructor(world: World, clients: FleetClients, servers: Servers) {
    this.#world = world;
    const nodes = world.actors.filter(({ node }) => node >= 0).length;
    this.leader =
      world.actors.find(({ group }) => (world.groups[group] as World["groups"][number]).clients.kind === "controller")
        ?.id ?? -1;
    this.#heard = new Float64Array(nodes);
    this.#news = new Uint8Array(nodes);
    this.#known = new Float64Array(nodes);
    this.#renewed = new Float64Array(nodes);
    this.#sent = new Float64Array(nodes);
    this.#seen = new Float64Array(nodes);
    this.#notReadySince = new Float64Array(nodes).fill(-1);
    servers.leaseRenewed = (node) => this.#leaseRenewed(node, servers);
    clients.leaseSeen = (actor, node) => this.#leaseSeen(actor, node);
    clients.leasesListed = (actor) => this.#listed(actor);
  }

  start(): void {
    const { kubernetes } = this.#world.scenario.network;
    if (kubernetes === undefined || this.leader < 0) return;
    this.#world.queue.push(kubernetes.nodeMonitorPeriodMs * MS, MONITOR, 0);
  }

  /** One round over all nodes. */
  monitor(): void {
    const { kubernetes } = this.#world.scenario.network;
    if (kubernetes === undefined) return;
    const now = this.#world.kernel.now / MS;
    const { recorder, journal } = this.#world;
    const place = this.#world.actors[this.leader]?.place ?? 0;
    for (let node = 0; node < this.#heard.length; node++) {
      // tryUpdateNodeHealth: the stamp is the time of the look that found a newer lease, by the controller's own clock.
      if (this.#news[node] === 1) this.#heard[node] = now;
      this.#news[node] = 0;
      const silentMs = now - (this.#heard[node] as number);
      const since = this.#notReadySince[node] as number;
      // Real looks come a little later each time, so that the one after exactly the grace is late ("hasn't been updated for 40.0s").
      if (silentMs >= kubernetes.nodeMonitorGraceMs) {
        if (since < 0) {
          this.#notReadySince[node] = now;
          recorder.notReadyNodes++;
          recorder.totals.notReady++;
        }
        journal?.event(place, { what: "node-not-updated", node, silentMs });
      } else if (since >= 0) {
        this.#notReadySince[node] = -1;
        recorder.notReadyNodes--;
        recorder.totals.notReadyMs += now - since;
        journal?.event(place, { what: "node-ready", node });
      }
    }
    this.#world.queue.push(this.#world.kernel.now + kubernetes.nodeMonitorPeriodMs * MS, MONITOR, 0);
  }

  /** The end of the simulation: who is not ready has been so until now. */
  finish(): void {
    const now = this.#world.kernel.now / MS;
    for (const since of this.#notReadySince) if (since >= 0) this.#world.recorder.totals.notReadyMs += now - since;
  }

  #leaseRenewed(node: number, servers: Servers): void {
    this.#renewed[node] = this.#world.kernel.now / MS;
    // A renewal counts as missed when the next one comes and the leader has not heard of it.
    if (this.leader >= 0 && (this.#sent[node] as number) > (this.#seen[node] as number)) {
      this.#world.recorder.totals.missedLeaseUpdates++;
      this.#seen[node] = this.#sent[node] as number;
    }
    this.#sent[node] = (this.#sent[node] as number) + 1;
    servers.publish(node);
  }

  #leaseSeen(actor: number, node: number): void {
    if (actor !== this.leader) return;
    this.#news[node] = 1;
    this.#known[node] = this.#renewed[node] as number;
    this.#seen[node] = this.#sent[node] as number;
  }

  /** A list shows the latest renewal of each node: news for those that changed since. */
  #listed(actor: number): void {
    if (actor !== this.leader) return;
    for (let node = 0; node < this.#heard.length; node++) {
      if ((this.#renewed[node] as number) <= (this.#known[node] as number)) continue;
      this.#known[node] = this.#renewed[node] as number;
      this.#news[node] = 1;
    }
  }
}

import type { Servers } from "../../scenario/scenario.ts";
import { wait } from "./pace.ts";

/** How long an answer takes: exponential or fixed, and longer where more ask than can be served at once. */
export class ServiceTime {
  readonly #servers: Pick<Servers, "serviceTimeMs" | "fixedServiceTime" | "capacity">;
  readonly #dice: () => number;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(servers: Pick<Servers, "serviceTimeMs" | "fixedServiceTime" | "capacity">, dice: () => number) {
    this.#servers = servers;
    this.#dice = dice;
  }

  /** Resolves when the answer is ready. */
  async serve(): Promise<void> {
    const { serviceTimeMs, fixedServiceTime, capacity } = this.#servers;
    if (capacity > 0 && this.#busy >= capacity) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    await wait(fixedServiceTime ? serviceTimeMs : -Math.log(1 - this.#dice()) * serviceTimeMs);
    this.#busy -= 1;
    this.#waiting.shift()?.();
  }
}

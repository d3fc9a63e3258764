import type { Message } from "../../netns/lab-plan.ts";
import type { Requests } from "../../scenario/scenario.ts";

/** When the next request is due, told of quiet times and of busier ones. */
export class Pace {
  readonly #requests: Pick<Requests, "everyMs" | "spacing">;
  readonly #dice: () => number;
  #quietUntil = 0;
  #factor = 1;
  #factorUntil = 0;

  constructor(requests: Pick<Requests, "everyMs" | "spacing">, dice: () => number) {
    this.#requests = requests;
    this.#dice = dice;
  }

  take(message: Message): void {
    if (message.do === "quiet") this.#quietUntil = Date.now() + message.forMs;
    if (message.do === "traffic") {
      this.#factor = message.factor;
      this.#factorUntil = Date.now() + message.forMs;
    }
  }

  /** Milliseconds to the first one: anywhere within one distance. */
  firstMs(): number {
    return this.#dice() * this.#requests.everyMs;
  }

  nextMs(): number {
    const { everyMs, spacing } = this.#requests;
    const factor = Date.now() < this.#factorUntil ? this.#factor : 1;
    const gap = (spacing === "poisson" ? -Math.log(1 - this.#dice()) : 1) * (everyMs / factor);
    return Math.max(gap, this.#quietUntil - Date.now());
  }

  get quiet(): boolean {
    return Date.now() < this.#quietUntil;
  }
}

/** Calls `work` at the pace, one call after the other, for ever. */
export async function keepPace(pace: Pace, work: () => Promise<void>): Promise<never> {
  await wait(pace.firstMs());
  for (;;) {
    const began = Date.now();
    if (!pace.quiet) await work();
    await wait(Math.max(0, pace.nextMs() - (Date.now() - began)));
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

import { serverOf } from "../../flow/flow.ts";
import { printEndpoint } from "../../net/endpoint.ts";
import type { Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import { type Failure, failureOf } from "./failure.ts";
import { type Handshake, handshakeOf } from "./handshake.ts";

/** A handshake that failed, as one vantage point shows it. */
export interface FailedHandshake {
  readonly trail: Trail;
  readonly handshake: Handshake;
  readonly failure: Failure;
  readonly confidence: Confidence;
}

/** Attempts that must all end in the same way before a close without a word tells of the handshake. */
const SEVERAL = 2;

/** Every handshake that failed, by trail. */
export const failedHandshakes: (scene: Scene) => ReadonlyMap<Trail, FailedHandshake> = remember((scene: Scene) => {
  const found = scene.vantages
    .flatMap((vantage) => vantage.trails)
    .flatMap((trail) => {
      const handshake = handshakeOf(scene, trail);
      const failure = handshake === undefined ? undefined : failureOf(scene, handshake);
      return handshake === undefined || failure === undefined ? [] : [{ trail, handshake, failure }];
    });
  const alike = Map.groupBy(found, ({ trail, failure }) => keyOf(trail, failure));
  return new Map(
    found.flatMap((one) => {
      const { trail, failure } = one;
      const tried = scene.vantages[trail.vantage]?.destinations.get(printEndpoint(serverOf(trail.flow)))?.attempts ?? 0;
      const all = tried >= SEVERAL && (alike.get(keyOf(trail, failure))?.length ?? 0) >= tried;
      const confidence = confidenceOf(failure, all);
      return confidence === undefined ? [] : [[trail, { ...one, confidence }] as const];
    }),
  );
});

const keyOf = ({ vantage, flow }: Trail, { kind }: Failure): string =>
  `${vantage} ${printEndpoint(serverOf(flow))} ${kind}`;

/**
 * What was read is certain; what was told from sizes is likely at most; a close without a word tells of the handshake
 * only where no attempt of several did better (`all`).
 */
function confidenceOf(failure: Failure, all: boolean): Confidence | undefined {
  switch (failure.kind) {
    case "alert":
      return "certain";
    case "sealed-alert":
      return "likely";
    case "hello-rejected":
      return failure.foreign || all ? "likely" : "possible";
    case "closed":
      if (all) return "likely";
      return failure.side === "server" ? "possible" : undefined;
  }
}

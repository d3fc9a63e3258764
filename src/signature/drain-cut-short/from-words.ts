import { debugOf, instantOfLine, strayWords, whatMayBeRepeated, wordsShown } from "../http2-findings.ts";
import { namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { shutdownNear } from "./shutdown.ts";

/** What would make it certain. */
export const MORE_EVIDENCE =
  "Capture at the client with TLS keys (SSLKEYLOGFILE) or run it with GODEBUG=http2debug=2, and compare with the server's log of the reload or shutdown and its time limit";

/** Programs that say so: Go's client tells the GOAWAY that it had received when the connection ended under a request. */
export function cutByWords(scene: Scene): Finding[] {
  const lines = strayWords(scene).filter(({ said }) => said.kind === "closed" && said.code === "NO_ERROR");
  return [...Map.groupBy(lines, ({ log, said }) => `${log.index} ${said.debug ?? ""}`).values()].flatMap(
    (group): Finding[] => {
      const [line] = group;
      if (line === undefined) return [];
      const at = instantOfLine(group);
      const { debug, lastStream } = line.said;
      const shutdown = shutdownNear(scene, at, line.log);
      return [
        {
          cause: "drain-cut-short",
          variant: "connection-closed",
          confidence: "likely",
          initiator: "server",
          at,
          trails: [],
          named: namedBy(group),
          evidence: [
            ...wordsShown(
              group,
              `the client had received GOAWAY NO_ERROR${debugOf(debug)}, and the connection was closed under its request`,
            ),
            ...(shutdown === undefined ? [] : [shutdown.evidence]),
          ],
          summary: `${line.log.file} tells ${group.length === 1 ? "once" : `${group.length} times`} that the server announced a planned end (GOAWAY NO_ERROR${debugOf(debug)}) and then closed the connection under a request. The GOAWAY is no error; the close was too early. ${whatMayBeRepeated(lastStream)} The server or the balancer in front of it may have processed the request.`,
          ruledOut: [
            { cause: "goaway-planned", because: "a request failed with it" },
            { cause: "goaway-error", because: "the GOAWAY carried NO_ERROR" },
          ],
          refutedBy: "a capture or a log of frames in which every stream up to the last one had ended before the close",
          next: MORE_EVIDENCE,
          symptoms: ["unexpected-eof"],
        },
      ];
    },
  );
}

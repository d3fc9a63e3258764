import { backOffMs } from "../machines/back-off.ts";
import { isIdempotent, judgeEnding } from "../machines/judge-ending.ts";
import { bodyLength } from "./body-length.ts";
import { checkRequest } from "./check-request.ts";
import type { ClientSettings } from "./client-options.ts";
import { endUpload } from "./end-upload.ts";
import { pause } from "./pause.ts";
import type { Pool } from "./pool.ts";
import { Body } from "./request-body.ts";
import { RequestError } from "./request-error.ts";
import type { RequestOptions, Response } from "./request-options.ts";
import { ResponseBody } from "./response-body.ts";
import { stopOf } from "./stop.ts";
import { type Attempt, tryOnce } from "./try-once.ts";

/** How often a request may find its connection closing before it was sent: a server that says GOAWAY to every connection is no server. */
const MOST_UNSENT = 20;

export interface Sender {
  readonly pool: Pool;
  readonly settings: ClientSettings;
  readonly onRetry: () => void;
}

/** Sends a request, and again as long as that is right. */
export async function sendRequest(request: RequestOptions, { pool, settings, onRetry }: Sender): Promise<Response> {
  checkRequest(request);
  const body = new Body(request.body);
  const idempotent = request.idempotent ?? isIdempotent(request.method ?? "GET");
  const stop = stopOf(request, settings.clock);
  // Of all attempts: that the last one never left says nothing of those before it.
  let processed: "no" | "maybe" = "no";
  try {
    for (let attempts = 1, unsent = 0; ; attempts += 1) {
      const attempt = await tryOnce(request, body, pool, stop.signal);
      if (attempt.kind === "response")
        return respond(attempt, request.method ?? "GET", { attempts, sent: body, settings });
      const { ending, facts } = attempt;
      if (attempt.free && body.replayable && unsent < MOST_UNSENT && !stop.signal.aborted) {
        unsent += 1;
        attempts -= 1;
        continue;
      }
      const judgement = judgeEnding(ending, { idempotent, replayable: body.replayable, attempts }, settings);
      if (judgement.processed === "maybe") processed = "maybe";
      const over = stop.signal.aborted || facts.code === "client-closed" || facts.code === "too-many-waiting";
      if (judgement.action === "fail" || over) {
        const because = judgement.because === undefined ? {} : { notRetried: judgement.because };
        throw new RequestError(facts.what, { ...facts, processed, attempts, ...because });
      }
      onRetry();
      // The first time at once, as Go does; a connection that can't be made waits in the pool.
      if (facts.code !== "connect-failed" && facts.code !== "verify-failed")
        await pause(retryMs(attempts - 1, settings), settings.clock, [stop.signal, pool.closing]);
    }
  } finally {
    stop.done();
  }
}

function respond(
  attempt: Extract<Attempt, { kind: "response" }>,
  method: string,
  { attempts, sent, settings }: { readonly attempts: number; readonly sent: Body; readonly settings: ClientSettings },
): Response {
  const { stream, headers, ended } = attempt;
  const explain = (): RequestError => {
    const facts = attempt.explain();
    return new RequestError(`${facts.what}, within the response`, { ...facts, processed: "yes", attempts });
  };
  const status = headers[":status"] ?? 0;
  const onWhole = (): void => endUpload({ stream, status }, sent, settings);
  const body = new ResponseBody(stream, { ended, length: bodyLength(method, headers), explain, onWhole });
  const bytes = async (): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  return {
    status,
    headers,
    body,
    attempts,
    bytes,
    text: async () => (await bytes()).toString("utf8"),
  };
}

function retryMs(retries: number, { backOffMs: initialMs, dice, maxBackOffMs: maxMs }: ClientSettings): number {
  return backOffMs(retries, dice(), { initialMs, maxMs });
}

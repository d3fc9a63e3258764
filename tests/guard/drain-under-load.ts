import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { connect } from "../../src/guard/index.ts";
import { certificate, goProgram, nodeProgram, run } from "./peers.ts";

export interface Load {
  readonly kind: "h2" | "h2c" | "h1";
  /** `go`: net/http. `guard`: this library's client with a single attempt, so that no retry hides a refusal: what never left it is no attempt. */
  readonly client: "go" | "guard";
  readonly post: boolean;
  readonly requests: number;
  /** The Node that runs the servers. */
  readonly node?: string;
}

export interface Outcome {
  readonly result: { readonly ok: number; readonly failed: number; readonly errors: unknown };
  readonly report: { readonly served: number; readonly twice: number; readonly cut: number; readonly node: string };
  readonly exit: number | null;
}

/**
 * Two servers of one kind. Load goes to the first; after a quarter of it new connections go to the second, as behind a balancer whose
 * readiness probe failed, and the first gets SIGTERM. Says what became of the requests and of the first server.
 */
export async function drainUnderLoad(load: Load): Promise<Outcome> {
  const { keyFile, certFile } = certificate();
  const servers = [0, 1].map(() => nodeProgram("drain-server", [load.kind, keyFile, certFile], load.node));
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const ports = await Promise.all(servers.map(async (server) => Number((await server.says(/listening (\d+)/))[1])));
  const term = (): void => void first.child.kill("SIGTERM");
  const result = load.client === "go" ? await goLoad(load, ports, term) : await guardLoad(load, ports, term);
  const report = JSON.parse((await first.says(/report (.*)/))[1] ?? "");
  const exit = await first.ended;
  await second.stop();
  return { result, report, exit };
}

async function goLoad(load: Load, [from, to]: readonly number[], term: () => void): Promise<Outcome["result"]> {
  const flags = [...(load.kind === "h1" ? ["-plain", "-http1"] : []), ...(load.post ? ["-post"] : [])];
  const size = ["-n", `${load.requests}`, "-c", "50"];
  const client = run(goProgram("client"), ["-addr", `127.0.0.1:${from}`, ...size, ...flags]);
  await client.says(/quarter/);
  client.child.stdin?.write(`switch 127.0.0.1:${to}\n`);
  await client.says(/switched/);
  term();
  return JSON.parse((await client.says(/result (.*)/))[1] ?? "");
}

async function guardLoad(load: Load, [from, to]: readonly number[], term: () => void): Promise<Outcome["result"]> {
  let port = from ?? 0;
  const tls = load.kind === "h2";
  const client = connect(tls ? "https://localhost" : "http://localhost", {
    maxAttempts: 1,
    http2: {
      createConnection: () =>
        tls
          ? connectTls({
              port,
              host: "127.0.0.1",
              servername: "localhost",
              ALPNProtocols: ["h2"],
              ca: certificate().cert,
            })
          : connectTcp(port, "127.0.0.1"),
    },
  });
  let next = 0;
  let ok = 0;
  const errors: Record<string, number> = {};
  const one = async (): Promise<void> => {
    while (next < load.requests) {
      next += 1;
      if (next === Math.floor(load.requests / 4)) {
        port = to ?? 0;
        term();
      }
      const headers = { "x-id": `guard-${next}` };
      try {
        const response = await client.request(
          load.post ? { method: "POST", headers, body: "some bytes" } : { headers },
        );
        if ((await response.text()) === "ok\n" && response.status === 200) ok += 1;
        else throw new Error(`status ${response.status}`);
      } catch (error) {
        errors[String(error)] = (errors[String(error)] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 50 }, one));
  await client.close();
  return { ok, failed: load.requests - ok, errors };
}

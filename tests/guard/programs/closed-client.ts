/** A client whose server does not listen: closes it while back-off runs, or gives its request up. Ends by itself if nothing is left behind. */
import { connect } from "../../../src/guard/index.ts";

const [port = "", how = "close"] = process.argv.slice(2);
// An hour of back-off.
const client = connect(`http://127.0.0.1:${port}`, {
  backOffMs: 3_600_000,
  maxBackOffMs: 3_600_000,
  dice: () => 0.9,
  maxAttempts: 2,
});
const stop = new AbortController();
const request = client.request({ signal: stop.signal });
request.catch((error: unknown) => console.log((error as { code: string }).code));
// The first attempt has failed once a retry is counted.
while (client.counters.retries === 0) await new Promise((next) => setImmediate(next));
if (how === "close") await client.close();
else stop.abort();
console.log("done");

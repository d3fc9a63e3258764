/** An HTTP/2 server that takes requests and never answers. */
import { createServer } from "node:http2";

const server = createServer();
server.on("stream", () => console.log("request"));
server.listen(0, "127.0.0.1", () => console.log(`listening ${(server.address() as { port: number }).port}`));

/** An HTTP/2 server in its own process: answers with the number of bytes of the body; `/headers?200` with so many header fields. */
import { createServer } from "node:http2";

const server = createServer((request, response) => {
  const fields = Number(request.url.split("?")[1] ?? 0);
  for (let field = 0; field < fields; field += 1) response.setHeader(`x-${field}`, "a");
  let bytes = 0;
  request.on("data", (piece: Buffer) => {
    bytes += piece.length;
  });
  request.on("end", () => response.end(String(bytes)));
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${(server.address() as { port: number }).port}`));

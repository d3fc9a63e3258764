/** An HTTP/2 server in a process of its own: `/slow` is answered once `/go` was asked for, everything else at once. */
import { createServer, type ServerHttp2Stream } from "node:http2";

const held: ServerHttp2Stream[] = [];
const answer = (stream: ServerHttp2Stream): void => {
  stream.respond({ ":status": 200 });
  stream.end("ok");
};
const server = createServer();
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.resume();
  if (headers[":path"] === "/slow") {
    held.push(stream);
    return;
  }
  if (headers[":path"] === "/go") for (const each of held.splice(0)) answer(each);
  answer(stream);
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${(server.address() as { port: number }).port}`));

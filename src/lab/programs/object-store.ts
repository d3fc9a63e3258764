import { createServer, type Socket } from "node:net";
import { eachLine } from "./each-line.ts";
import type { StoredObject, StoreLine } from "./store-protocol.ts";

/**
 * `object-store SOCKET`: what etcd is to API servers. Keeps every object, gives each change a revision, and tells all servers of it in the
 * same order. It listens on a socket in the file system, which reaches into every network namespace and shows in no capture.
 */
const objects = new Map<string, StoredObject>();
const servers = new Set<Socket>();
let revision = 1;

const server = createServer((socket) => {
  servers.add(socket);
  socket.on("close", () => servers.delete(socket));
  socket.on("error", () => servers.delete(socket));
  tell(socket, { revision, all: [...objects.values()] });
  eachLine(socket, (line) => {
    const { id, key, value } = JSON.parse(line) as { id: number; key: string; value: unknown };
    revision += 1;
    const before = objects.has(key);
    const stored: StoredObject = { key, value, revision };
    objects.set(key, stored);
    for (const each of servers)
      tell(each, { revision, changed: stored, created: !before, ...(each === socket ? { id } : {}) });
  });
});
server.listen(process.argv[2], () => process.stdout.write("store ready\n"));

function tell(socket: Socket, line: StoreLine): void {
  socket.write(`${JSON.stringify(line)}\n`);
}

/** Inflates a gzip file and throws the result away: what any reader of compressed captures pays at least. */

import { createReadStream } from "node:fs";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

const CHUNK = 1 << 20;
const file = process.argv[2] ?? "/dev/stdin";
const sink = new Writable({ write: (_chunk, _encoding, done) => done() });

await pipeline(createReadStream(file, { highWaterMark: CHUNK }), createGunzip({ chunkSize: CHUNK }), sink);

import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { DISCOVERY, RESOURCES, type Resource } from "./kubernetes-resources.ts";
import { asTable } from "./kubernetes-table.ts";
import type { Change, StoreClient } from "./store-client.ts";
import type { StoredObject } from "./store-protocol.ts";

interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly creationTimestamp?: string };
  readonly status?: object;
}

/**
 * As much of the Kubernetes API as kubelets, controllers and kubectl need for nodes and leases: discovery, get, list, create, update,
 * patch (merge), watch with bookmarks and time limits, and tables for `kubectl get`. Gives false for a path that is not of it.
 */
export async function answerKubernetes(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  options: { readonly store: StoreClient; readonly body: string; readonly bookmarkMs: number },
): Promise<boolean> {
  const url = new URL(request.url, "https://api.internal");
  const found = DISCOVERY[url.pathname];
  if (found !== undefined) {
    send(response, 200, found);
    return true;
  }
  const target = targetOf(url.pathname);
  if (target === undefined) return false;
  const { resource, prefix, name } = target;
  const { store } = options;
  if (name === undefined && request.method === "GET") {
    if (url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1")
      watch(request, response, { ...options, url, resource, prefix });
    else list(request, response, { store, resource, prefix });
    return true;
  }
  const given = options.body === "" ? undefined : (JSON.parse(options.body) as ApiObject);
  const called = name ?? given?.metadata.name ?? "";
  const key = `${prefix}${called}`;
  const before = store.objects.get(key);
  if (request.method === "GET") {
    if (before === undefined) send(response, 404, failure(404, "NotFound", `${resource.plural} "${called}" not found`));
    else if (wantsTable(request)) send(response, 200, asTable(resource, [shown(resource, before)], store.revision));
    else send(response, 200, shown(resource, before));
    return true;
  }
  if (given === undefined) send(response, 400, failure(400, "BadRequest", "no body"));
  else {
    const value = merged(request.method ?? "", before?.value as ApiObject | undefined, given, called);
    const stored = await store.put(key, value);
    send(response, before === undefined ? 201 : 200, shown(resource, stored));
  }
  return true;
}

interface Listing {
  readonly store: StoreClient;
  readonly resource: Resource;
  /** Of the keys that are meant. */
  readonly prefix: string;
}

function list(request: Http2ServerRequest, response: Http2ServerResponse, { store, resource, prefix }: Listing): void {
  const items = [...store.objects.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .map((object) => shown(resource, object));
  if (wantsTable(request)) return send(response, 200, asTable(resource, items, store.revision));
  send(response, 200, {
    apiVersion: resource.groupVersion,
    kind: `${resource.kind}List`,
    metadata: { resourceVersion: `${store.revision}` },
    items,
  });
}

function watch(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  { store, resource, prefix, url, bookmarkMs }: Listing & { readonly url: URL; readonly bookmarkMs: number },
): void {
  const table = wantsTable(request);
  const write = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const event = ({ type, object }: Change): void => {
    if (!object.key.startsWith(prefix)) return;
    const item = shown(resource, object);
    write(type, table ? asTable(resource, [item], object.revision) : item);
  };
  response.writeHead(200, { "content-type": "application/json" });
  const from = Number(url.searchParams.get("resourceVersion") ?? 0);
  const oldest = store.history[0]?.object.revision ?? store.revision;
  if (from > 0 && from < oldest - 1) {
    write("ERROR", failure(410, "Expired", "too old resource version"));
    response.end();
    return;
  }
  if (from === 0) for (const object of store.objects.values()) event({ type: "ADDED", object });
  else for (const change of store.history) if (change.object.revision > from) event(change);
  const stop = store.watch(event);
  const bookmarks = url.searchParams.get("allowWatchBookmarks") === "true";
  const bookmark = setInterval(() => {
    if (bookmarks && !table)
      write("BOOKMARK", {
        apiVersion: resource.groupVersion,
        kind: resource.kind,
        metadata: { name: "", resourceVersion: `${store.revision}` },
      });
  }, bookmarkMs);
  // Nothing may be written once the answer is ended: Node.js would reset the stream with INTERNAL_ERROR.
  const quiet = (): void => {
    stop();
    clearInterval(bookmark);
    clearTimeout(over);
  };
  const limit = Number(url.searchParams.get("timeoutSeconds") ?? 0) * 1000;
  const over =
    limit > 0
      ? setTimeout(() => {
          quiet();
          response.end();
        }, limit)
      : undefined;
  response.on("close", quiet);
}

function targetOf(
  path: string,
): { readonly resource: Resource; readonly prefix: string; readonly name?: string } | undefined {
  for (const resource of RESOURCES) {
    const match = resource.path.exec(path);
    if (match === null) continue;
    const { namespace, name } = match.groups ?? {};
    const prefix = `${resource.plural}/${namespace === undefined ? "" : `${namespace}/`}`;
    return { resource, prefix, ...(name === undefined ? {} : { name }) };
  }
  return undefined;
}

/** The object as it is given out: with kind, version and revision. */
function shown(resource: Resource, { value, revision }: StoredObject): object {
  const object = value as ApiObject;
  return {
    ...object,
    apiVersion: resource.groupVersion,
    kind: resource.kind,
    metadata: { ...object.metadata, resourceVersion: `${revision}` },
  };
}

function merged(method: string, before: ApiObject | undefined, given: ApiObject, name: string): ApiObject {
  const metadata = {
    uid: uidOf(name),
    creationTimestamp: before?.metadata.creationTimestamp ?? `${new Date().toISOString().slice(0, 19)}Z`,
    ...before?.metadata,
    ...(given.metadata ?? {}),
    name,
  };
  if (method !== "PATCH") return { ...given, metadata };
  return { ...before, ...given, metadata, status: { ...before?.status, ...given.status } };
}

/** An identifier that follows from the name. */
const uidOf = (name: string): string =>
  `00000000-0000-4000-8000-${Buffer.from(name).toString("hex").padStart(12, "0").slice(-12)}`;

const wantsTable = (request: Http2ServerRequest): boolean => /as=Table/.test(request.headers.accept ?? "");

const failure = (code: number, reason: string, message: string): object => ({
  apiVersion: "v1",
  kind: "Status",
  metadata: {},
  status: "Failure",
  code,
  reason,
  message,
});

function send(response: Http2ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

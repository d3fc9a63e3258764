import type { Resource } from "./kubernetes-resources.ts";

interface Shown {
  readonly metadata: { readonly name?: string; readonly creationTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

/** Objects as rows, for `kubectl get` (Kubernetes API concepts, "Receiving resources as Tables"). */
export function asTable(resource: Resource, items: readonly object[], revision: number): object {
  const column = (name: string): object => ({
    name,
    type: "string",
    format: name === "Name" ? "name" : "",
    description: "",
    priority: 0,
  });
  const second = resource.kind === "Node" ? "Status" : "Renewed";
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: `${revision}` },
    columnDefinitions: [column("Name"), column(second), column("Age")],
    rows: items.map((item) => {
      const { metadata, status, spec } = item as Shown;
      const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
      const cell = resource.kind === "Node" ? (ready ? "Ready" : "NotReady") : (spec?.renewTime ?? "");
      const seconds = Math.max(0, Math.round((Date.now() - Date.parse(metadata.creationTimestamp ?? "")) / 1000)) || 0;
      return {
        cells: [metadata.name ?? "", cell, `${seconds}s`],
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata },
      };
    }),
  };
}

export interface Resource {
  readonly plural: string;
  readonly kind: string;
  readonly groupVersion: string;
  /** Paths of lists and of single objects, with their subresource `status`. */
  readonly path: RegExp;
}

const NAME = "[a-z0-9.-]{1,253}";

export const RESOURCES: readonly Resource[] = [
  {
    plural: "nodes",
    kind: "Node",
    groupVersion: "v1",
    path: new RegExp(`^/api/v1/nodes(?:/(?<name>${NAME})(?:/status)?)?$`),
  },
  {
    plural: "leases",
    kind: "Lease",
    groupVersion: "coordination.k8s.io/v1",
    path: new RegExp(
      `^/apis/coordination.k8s.io/v1(?:/namespaces/(?<namespace>${NAME}))?/leases(?:/(?<name>${NAME}))?$`,
    ),
  },
];

const VERBS = ["create", "get", "list", "patch", "update", "watch"];
const GROUP = {
  name: "coordination.k8s.io",
  versions: [{ groupVersion: "coordination.k8s.io/v1", version: "v1" }],
  preferredVersion: { groupVersion: "coordination.k8s.io/v1", version: "v1" },
};

/** What kubectl asks before it asks anything (Kubernetes API concepts, "Unaggregated discovery"). */
export const DISCOVERY: Readonly<Record<string, object>> = {
  "/version": { major: "1", minor: "32", gitVersion: "v1.32.0-halfopen-lab", platform: "linux/amd64" },
  "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [GROUP] },
  "/api/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "v1",
    resources: [
      { name: "nodes", singularName: "node", namespaced: false, kind: "Node", shortNames: ["no"], verbs: VERBS },
    ],
  },
  "/apis/coordination.k8s.io": { kind: "APIGroup", apiVersion: "v1", ...GROUP },
  "/apis/coordination.k8s.io/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "coordination.k8s.io/v1",
    resources: [{ name: "leases", singularName: "lease", namespaced: true, kind: "Lease", verbs: VERBS }],
  },
};

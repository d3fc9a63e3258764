/** What the store and the API servers say to each other, a line of JSON each. */
export interface StoredObject {
  /** As in a path: `nodes/n1`, `leases/kube-node-lease/n1`. */
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
}

export type StoreLine =
  | { readonly revision: number; readonly all: readonly StoredObject[] }
  | { readonly revision: number; readonly changed: StoredObject; readonly created: boolean; readonly id?: number };

/** What an entry's figure is for. */
export type Does =
  | "behaves"
  | "checks-health"
  | "closes-idle"
  | "detects-failure"
  | "drains"
  | "forgets"
  | "keeps-for-reuse"
  | "limits"
  | "probes"
  | "waits";

/**
 * How a figure is known. `source`: read in the program's source; `measured`; `documentation`: read in the vendor's page;
 * `documentation-unread`: the page was read once and not opened again; `reported`: somebody else says so; `unverified`:
 * texts contradict each other, or nobody was found to say it. Only the first three are facts.
 */
export type CatalogueConfidence =
  | "source"
  | "measured"
  | "documentation"
  | "documentation-unread"
  | "reported"
  | "unverified";

/** One timeout, limit or behaviour of a product. */
export interface CatalogueEntry {
  /** `<product>.<name>`, never renamed. */
  readonly id: string;
  readonly title: string;
  readonly does: Does;
  /** Towards whom it holds: the client, the server, both, or the machine itself. */
  readonly direction: "client" | "server" | "both" | "self";
  readonly protocol: readonly string[];
  /** `*`, or bounds such as `>=1.19.10 <1.29.7`. */
  readonly versions: string;
  /** In `unit`; `never` for what does not happen by default, null where it is not known. */
  readonly default: number | "never" | null;
  readonly unit: "s" | "ms" | "count" | "ratio" | "flag";
  /** In `unit`; an end that is not known is absent. */
  readonly range?: { readonly least?: number; readonly most?: number };
  /** Lower figures than the range's least are raised to it, not refused. */
  readonly raises?: boolean;
  /** A figure of 0 switches it off. */
  readonly zeroIsNever?: boolean;
  /** In `unit`: values are multiples of it, where that is not a second or one. */
  readonly step?: number;
  /** The flag, key or attribute that sets it; absent: it cannot be changed. */
  readonly set?: string;
  /** What happens when it expires: FIN, RST, silence, GOAWAY, an error. */
  readonly expiry: string | null;
  /** The settings of a path that it is: names of `src/path/setting.ts`. Several where one knob turns several. */
  readonly governs: readonly string[];
  readonly source: string;
  /** The day the source was read. */
  readonly read: string;
  readonly confidence: CatalogueConfidence;
  readonly note?: string;
}

/** A product and its entries, sorted by id. */
export interface CatalogueProduct {
  readonly product: string;
  readonly name: string;
  readonly role: "box" | "client" | "detector" | "host" | "proxy" | "server";
  readonly layer: 4 | 7;
  /** What it speaks towards its clients when nothing else is said. */
  readonly protocol: string;
  /** The product whose entries hold for the connections that it opens: the library it is made with. */
  readonly client?: string;
  readonly entries: readonly CatalogueEntry[];
}

/** Whether an entry may be used as a fact. */
export const isVerified = ({ confidence }: CatalogueEntry): boolean =>
  confidence === "source" || confidence === "measured" || confidence === "documentation";

import { productNamed } from "../catalogue/look-up.ts";
import { printable } from "../net/printable.ts";
import { withDefaults } from "./defaults.ts";
import type { Branch, Hop, HopFragment, HopRole, Path } from "./hop.ts";
import { joinLinked, joinLoose, laid } from "./join-parts.ts";
import type { DeclaredHop, PathFile, Suppression } from "./path-file.ts";
import type { FileReading, ReadProblem } from "./reader.ts";

/** A path with what its file says beside it. */
export interface JoinedPath {
  readonly path: Path;
  readonly suppressions: readonly Suppression[];
  readonly problems: readonly ReadProblem[];
}

/** What a neighbour on the same machine or in the same rack is away, where nobody says: enough for most. */
const USUAL_ROUND_TRIP_MS = 10;

/** Ways through a path that are judged: real files with many routes must not multiply without end. */
const MOST_BRANCHES = 64;

/** Puts what a `path.yaml` declares together with what the real files that it names say. */
export function joinPath(
  file: string,
  declared: PathFile,
  readingOf: (path: string) => FileReading | undefined,
): JoinedPath {
  const problems: ReadProblem[] = [];
  const variants = new Map<string, readonly Hop[]>();
  const last = declared.hops.length - 1;
  const taken = new Set([...declared.hops, ...declared.detectors].map(({ id }) => id));
  declared.hops.forEach((hop, place) => {
    const byPlace: HopRole = place === 0 ? "client" : place === last ? "server" : "proxy";
    variants.set(hop.id, variantsOf(file, hop, byPlace, { readingOf, problems, taken }));
  });
  const detectors = declared.detectors.map((hop) => {
    const [variant] = variantsOf(file, hop, "detector", { readingOf, problems, taken });
    const { hearsThrough } = hop;
    return { hop: variant as Hop, ...(hearsThrough === undefined ? {} : { hearsThrough }) };
  });
  const branches = declared.branches.flatMap((branch) => expand(branch, variants));
  if (branches.length > MOST_BRANCHES) {
    const says = `${branches.length} ways through this path: the first ${MOST_BRANCHES} are judged, choose with section`;
    problems.push({ file, line: 1, code: "too-many-branches", says, level: "warning" });
  }
  return {
    path: {
      name: declared.name,
      hops: [...variants.values()].flat(),
      branches: branches.slice(0, MOST_BRANCHES),
      detectors,
      roundTripMs: declared.roundTripMs ?? USUAL_ROUND_TRIP_MS,
      clientsAreTargets: declared.clientsAreTargets,
      load: declared.load,
      file,
    },
    suppressions: declared.suppressions,
    problems,
  };
}

/** The paths of a file that no `path.yaml` names: what it says is held against itself. */
export function pathsOfFile(file: string, { hops }: FileReading): readonly Path[] {
  const others = hops.filter(({ role }) => role !== "detector" && role !== "host").map(hopOfFragment);
  const detectors = hops
    .filter(({ role }) => role === "detector")
    .map((fragment) => {
      const hop = hopOfFragment(fragment);
      // A component's own client stands beside it under its name.
      const own = others.find(({ id, role }) => role === "client" && id.startsWith(`${hop.id} `));
      return { hop, ...(own === undefined ? {} : { hearsThrough: own.id }) };
    });
  if (others.length + detectors.length === 0) return [];
  return [
    {
      name: file,
      hops: others,
      branches: others.map(({ id }) => ({ hops: [id], carries: ["http"] })),
      detectors,
      roundTripMs: USUAL_ROUND_TRIP_MS,
      clientsAreTargets: false,
      load: {},
    },
  ];
}

/** Files that are, in their order, a path from client to server. */
export function pathInOrder(files: readonly { readonly file: string; readonly reading: FileReading }[]): JoinedPath {
  const readings = new Map(files.map(({ file, reading }) => [file, reading]));
  const hops: DeclaredHop[] = files
    .filter(({ reading }) => reading.hops.some(({ role }) => role !== "host" && role !== "detector"))
    .map(({ file }) => ({
      id: file,
      files: [{ path: file, line: 1 }],
      settings: [],
      source: { file, line: 1, key: "id", text: file },
    }));
  const declared: PathFile = {
    name: "the files in their order",
    hops,
    branches: [{ hops: hops.map(({ id }) => id), carries: ["http"] }],
    detectors: [],
    clientsAreTargets: false,
    load: {},
    suppressions: [],
    problems: [],
  };
  const joined = joinPath("", declared, (path) => readings.get(path));
  const { file: _, ...path } = joined.path;
  return { ...joined, path };
}

function hopOfFragment(fragment: HopFragment): Hop {
  const { name, product, version, role, layer, protocol, serverProtocol, settings, source } = fragment;
  return withDefaults({
    id: name,
    ...(product === undefined ? {} : { product }),
    ...(version === undefined ? {} : { version }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(serverProtocol === undefined ? {} : { serverProtocol }),
    role,
    layer,
    settings: new Map(settings.map((setting) => [setting.key, setting])),
    source,
  });
}

interface Joining {
  readonly readingOf: (path: string) => FileReading | undefined;
  readonly problems: ReadProblem[];
  /** Ids that hops of the path have: each stands for one hop. */
  readonly taken: Set<string>;
}

/** A declared hop with each of the routes that its files show; one where they show none. */
function variantsOf(
  file: string,
  declared: DeclaredHop,
  byPlace: HopRole,
  { readingOf, problems, taken }: Joining,
): readonly Hop[] {
  const read = declared.files.flatMap(({ path, line }) => {
    const reading = readingOf(path);
    if (reading !== undefined) return reading.hops;
    problems.push({
      file,
      line,
      code: "missing-file",
      level: "error",
      says: `${path}: not found, no configuration, or outside the folder of this file and not named to be checked`,
    });
    return [];
  });
  const fragments = joinLinked(read);
  const { section, product } = declared;
  const wanted = fragments.filter(({ name }) => section === undefined || name.includes(section));
  if (fragments.length > 0 && wanted.length === 0) {
    const says = `no part of its files is named '${section}': there are ${fragments.map(({ name }) => name).join("; ")}`;
    problems.push({ file, line: declared.source.line, code: "no-such-section", says, level: "error" });
  }
  const isMain = ({ role }: HopFragment): boolean =>
    byPlace === "detector" ? role === "detector" : role !== "host" && role !== "detector";
  const named = wanted.filter(
    (fragment) => isMain(fragment) && (product === undefined || fragment.product === product),
  );
  const found = named.filter((f) => f.product !== undefined || named.every((o) => o.product === undefined));
  const additions = wanted.filter(
    (fragment) => !found.includes(fragment) && (fragment.product === undefined || fragment.role === "host"),
  );
  const { fragments: mains, strays } = joinLoose(merged(found));
  if (strays.length > 0) {
    const says = `${strays.join("; ")}: which of several parts of its files they belong to is not said there, choose with section`;
    problems.push({ file, line: declared.source.line, code: "loose-parts", says: printable(says), level: "error" });
  }
  if (mains.length === 0) return [build(declared, byPlace, declared.id, undefined, additions)];
  return mains.map((main) => {
    const id = mains.length === 1 ? declared.id : freeId(`${declared.id}/${main.name}`, taken);
    return build(declared, byPlace, id, main, additions);
  });
}

/** Several files speak of one thing where product and name are the same: one hop then, with what all of them say. */
function merged(fragments: readonly HopFragment[]): readonly HopFragment[] {
  const byName = new Map<string, HopFragment>();
  for (const fragment of fragments) {
    const print = JSON.stringify([fragment.product, fragment.name]);
    const known = byName.get(print);
    const settings = [...laid([...(known?.settings ?? []), ...fragment.settings]).values()];
    byName.set(print, known === undefined ? fragment : { ...fragment, ...known, settings });
  }
  return [...byName.values()];
}

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let same = 2; taken.has(id); same++) id = `${wanted} (${same})`;
  taken.add(id);
  return id;
}

function build(
  declared: DeclaredHop,
  byPlace: HopRole,
  id: string,
  main: HopFragment | undefined,
  additions: readonly HopFragment[],
): Hop {
  const product = declared.product ?? main?.product;
  const known = product === undefined ? undefined : productNamed(product);
  const version = declared.version ?? main?.version;
  const protocol = declared.protocol ?? main?.protocol;
  const serverProtocol = main?.serverProtocol;
  const settings = laid([
    ...(main?.settings ?? []),
    ...additions.flatMap((addition) => addition.settings),
    ...declared.settings,
  ]);
  const role = declared.role ?? roleOf(main?.role ?? known?.role, byPlace);
  return withDefaults({
    id,
    ...(product === undefined ? {} : { product }),
    ...(version === undefined ? {} : { version }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(serverProtocol === undefined ? {} : { serverProtocol }),
    role,
    layer: declared.layer ?? main?.layer ?? known?.layer ?? (role === "box" ? 4 : 7),
    settings,
    source: declared.source,
  });
}

/** A proxy's product at the end of a path is its server: nginx and httpd are both. A kubelet among the hops is the client that it also is. */
const roleOf = (stated: HopRole | undefined, byPlace: HopRole): HopRole =>
  stated === undefined ||
  (stated === "proxy" && byPlace !== "proxy") ||
  (stated === "detector" && byPlace !== "detector")
    ? byPlace
    : stated;

/** A branch with each combination of the variants of its hops. */
function expand(branch: Branch, variants: ReadonlyMap<string, readonly Hop[]>): readonly Branch[] {
  let ways: readonly (readonly string[])[] = [[]];
  for (const id of branch.hops) {
    const ids = (variants.get(id) ?? []).map((hop) => hop.id);
    ways = ways.flatMap((way) => ids.map((next) => [...way, next])).slice(0, MOST_BRANCHES + 1);
  }
  return ways.map((hops) => ({ ...branch, hops }));
}

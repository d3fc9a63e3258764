import type { Word } from "../argv.ts";
import { imageVersion } from "../program/container.ts";
import { readCommand } from "../program/program.ts";
import type { HopNotes, Reading, Written } from "../reading.ts";
import { shown } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { SpringKeys } from "../spring/keys.ts";
import { readSpring } from "../spring/properties.ts";
import { readSysctlValue } from "../sysctl.ts";
import { seconds } from "../units.ts";
import { readMeshAnnotation } from "./istio.ts";
import type { KubernetesObject } from "./kubernetes.ts";

/** Pods and what makes pods; false where the object has none. */
export function readWorkload({ reading, kind, name, root }: KubernetesObject): boolean {
  const spec = root.get("spec");
  const template = spec?.get("template") ?? spec?.get("jobTemplate", "spec", "template");
  const pod = template?.get("spec") ?? spec;
  const containers = pod?.get("containers");
  if (pod === undefined || containers === undefined) return false;
  const own = `${kind} ${name}`;
  readMeshAnnotation(reading, own, (template ?? root).get("metadata", "annotations"));
  for (const container of containers.items()) readContainer(reading, own, container, pod);
  const settings = pod.get("securityContext", "sysctls");
  if (settings === undefined) return true;
  const host = reading.hop({
    name: `${own} sysctls`,
    role: "host",
    layer: 4,
    product: "linux",
    line: settings.line,
    key: settings.path,
    onlyWithSettings: true,
  });
  for (const item of settings.items()) {
    const value = item.get("value");
    if (value?.text !== undefined)
      readSysctlValue(host, { line: value.line, key: item.get("name")?.text ?? "", text: value.text });
  }
  return true;
}

function readContainer(reading: Reading, own: string, container: Spot, pod: Spot): void {
  const name = `${own} container ${shown(container.get("name")?.text ?? "", 60)}`;
  const at = { line: container.line, key: container.path };
  const words = [...wordsOf(container.get("command")), ...wordsOf(container.get("args"))];
  const env = environmentOf(container);
  const known = readCommand({ reading, name, ...at, words, env, version: imageVersion(container.get("image")?.text) });
  const hop = known ?? reading.hop({ name, role: "server", layer: 7, ...at, onlyWithSettings: true });
  readStop(reading, hop, container, pod);
  readSpring(reading, name, SpringKeys.ofEnvironment(environmentList(container)));
}

const wordsOf = (list: Spot | undefined): readonly Word[] => {
  const one = list?.text;
  if (list !== undefined && one !== undefined) return [{ text: one, line: list.line }];
  return (
    list
      ?.items()
      .flatMap((item) => (item.text === undefined ? [] : [{ text: item.text, line: item.line + blockShift(item) }])) ??
    []
  );
};

const blockShift = ({ tree }: Spot): number => (tree.kind === "scalar" && tree.block ? 1 : 0);

/** Environment variables that the manifest sets itself. */
function environmentList(container: Spot): readonly Written[] {
  return (container.get("env")?.items() ?? []).flatMap((item) => {
    const key = item.get("name")?.text;
    const value = item.get("value");
    return key === undefined || value?.text === undefined ? [] : [{ line: value.line, key, text: value.text }];
  });
}

function environmentOf(container: Spot): (name: string) => Written | undefined {
  const list = environmentList(container);
  return (name) => list.findLast(({ key }) => key === name);
}

/** How long a container goes on serving once it is told to stop, and when it is killed. */
function readStop(reading: Reading, hop: HopNotes, container: Spot, pod: Spot): void {
  const grace = pod.get("terminationGracePeriodSeconds");
  const preStop = container.get("lifecycle", "preStop");
  const ports = container.get("ports");
  if (preStop === undefined && ports === undefined && !hop.has("preStopMs")) return;
  hop.take("terminationGraceMs", grace, seconds);
  hop.take("preStopMs", preStop?.get("sleep", "seconds"), seconds);
  const command = preStop?.get("exec", "command");
  const script =
    command
      ?.items()
      .map((item) => item.text ?? "")
      .join(" ")
      .slice(0, 2000) ?? "";
  const sleep = /(?:^|[\s/;&])sleep\s+(\d{1,6}(?:\.\d{1,3})?)(s|m|h)?(?![\w.])/.exec(script);
  if (command !== undefined && sleep !== null) {
    const factor = sleep[2] === "m" ? 60_000 : sleep[2] === "h" ? 3_600_000 : 1000;
    hop.set("preStopMs", Number(sleep[1]) * factor, { line: command.line, key: command.path, text: sleep[0].trim() });
  } else if (preStop !== undefined && !hop.has("preStopMs")) {
    reading.ignore(preStop.line, "lifecycle.preStop: how long it takes is not known");
  }
  if (grace === undefined && hop.has("preStopMs")) hop.assume("terminationGraceMs", "kubernetes-pod.termination-grace");
}

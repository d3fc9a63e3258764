import type { LogContent } from "./content.ts";
import type { LinePrefix } from "./line-time.ts";

/** A guess at the program that wrote a line, from the source file that klog names or from what it says. */
export function programOf(
  line: string,
  content: LogContent,
  grpc: boolean,
  prefix: LinePrefix | undefined,
): string | undefined {
  if (prefix?.form === "klog") {
    const file = / ([\w-]{1,80}\.go):\d+\]/.exec(line.slice(0, 160))?.[1];
    return file === undefined ? undefined : SOURCES[file];
  }
  if (grpc) return "grpc-go";
  if (content.kind === "http2-frame" || content.kind === "http2-header" || content.kind === "health-check") return "Go";
  return undefined;
}

/** Source files of one Kubernetes component each; client-go's files are part of all of them. */
const SOURCES: Readonly<Record<string, string>> = {
  "node_lifecycle_controller.go": "kube-controller-manager",
  "controller_utils.go": "kube-controller-manager",
  "node_tree.go": "kube-controller-manager",
  "taint_eviction.go": "kube-controller-manager",
  "kubelet.go": "kubelet",
  "kubelet_node_status.go": "kubelet",
  "kubelet_getters.go": "kubelet",
  "kuberuntime_manager.go": "kubelet",
  "status_manager.go": "kubelet",
  "reflector.go": "client-go",
  "leaderelection.go": "client-go",
};

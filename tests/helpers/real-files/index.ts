import { KEEP_ALIVE_FILES } from "./keep-alive.ts";
import { KUBERNETES_FILES } from "./kubernetes.ts";
import type { RealFiles } from "./real-files.ts";
import { SILENT_DROP_FILES } from "./silent-drop.ts";
import { STREAM_FILES } from "./streams.ts";

export const REAL_FILES: readonly RealFiles[] = [
  ...KEEP_ALIVE_FILES,
  ...SILENT_DROP_FILES,
  ...KUBERNETES_FILES,
  ...STREAM_FILES,
];

import type { Story } from "./adapt.ts";

/** Whether the story has something that health checks see, or that a balancer must be told of. */
export const isChecked = ({ story }: Story): boolean => story.some(({ what }) => CHECKED.has(what));

const CHECKED: ReadonlySet<string> = new Set([
  "rolling-update",
  "server-restart",
  "server-killed",
  "server-lost",
  "server-hung",
  "deregister",
]);

import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { PROXIES, type ProxySoftware } from "../netns/proxy/proxy.ts";

/** The balancer's software that a command line names; a `Fault` for any other word. */
export function proxyNamed(name: string | undefined): ProxySoftware | undefined {
  if (name === undefined) return undefined;
  const found = PROXIES.find((each) => each === name);
  if (found === undefined)
    throw new Fault(
      "no-such-proxy",
      `--proxy ${printable(name)} is no software that the lab has a balancer of.`,
      `It has ${PROXIES.join(", ")}.`,
    );
  return found;
}

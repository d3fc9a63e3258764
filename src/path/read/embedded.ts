import { envoy } from "./envoy/envoy.ts";
import type { Format } from "./file-reader.ts";
import { haproxy } from "./haproxy/haproxy.ts";
import { kestrel } from "./kestrel.ts";
import { nginx } from "./nginx/nginx.ts";
import { springProperties, springYaml } from "./spring/spring.ts";

/** Formats that stand inside of others, for instance in a ConfigMap. */
const FORMATS: readonly Format[] = [nginx, haproxy, envoy, springYaml, springProperties, kestrel];

/** The format of a text inside another file, if it is surely one of those that are read. */
export function embeddedFormat(name: string, text: string): Format | undefined {
  if (!/\.(?:conf|cfg|ya?ml|json|properties|tmpl|template)$/i.test(name) && !/^(?:nginx|haproxy|envoy)/i.test(name))
    return undefined;
  const head = text.slice(0, 64 * 1024);
  let best: Format | undefined;
  let most = 0.35;
  for (const format of FORMATS) {
    const score = format.recognise(name.toLowerCase(), head);
    if (score > most) [best, most] = [format, score];
  }
  return best;
}

import type { ConfigReader } from "../reader.ts";
import { awsDescribe } from "./aws/describe.ts";
import { commandLines, gunicornConfig } from "./command-lines.ts";
import { compose } from "./compose.ts";
import { dockerfile } from "./dockerfile.ts";
import { envoy } from "./envoy/envoy.ts";
import { fileReader } from "./file-reader.ts";
import { haproxy } from "./haproxy/haproxy.ts";
import { helmValues } from "./helm-values.ts";
import { kestrel } from "./kestrel.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import { nginx } from "./nginx/nginx.ts";
import { springProperties, springYaml } from "./spring/spring.ts";
import { sysctl } from "./sysctl.ts";
import { terraform } from "./terraform.ts";

/** Every format of configuration that is read; of equal scores the earlier stands. */
export const READERS: readonly ConfigReader[] = [
  kubernetes,
  nginx,
  haproxy,
  envoy,
  awsDescribe,
  terraform,
  sysctl,
  springYaml,
  springProperties,
  kestrel,
  helmValues,
  compose,
  dockerfile,
  gunicornConfig,
  commandLines,
].map(fileReader);

import type { Rule } from "../rule.ts";
import { rule as boxForgetsFirst } from "./box-forgets-first/rule.ts";
import { rule as connectionLifetime } from "./connection-lifetime/rule.ts";
import { rule as drainBeforeDeregistration } from "./drain-before-deregistration/rule.ts";
import { rule as goawayCollision } from "./goaway-collision/rule.ts";
import { rule as hairpinProne } from "./hairpin-prone/rule.ts";
import { rule as keepAliveOrder } from "./keep-alive-order/rule.ts";
import { rule as keepaliveTooSlow } from "./keepalive-too-slow/rule.ts";
import { rule as noHealthCheck } from "./no-health-check/rule.ts";
import { rule as oppositeDemands } from "./opposite-demands/rule.ts";
import { rule as pingNotActivity } from "./ping-not-activity/rule.ts";
import { rule as pingTooFast } from "./ping-too-fast/rule.ts";
import { rule as portRangeTooSmall } from "./port-range-too-small/rule.ts";
import { rule as serverContradiction } from "./server-contradiction/rule.ts";
import { rule as slowHealthCheck } from "./slow-health-check/rule.ts";

/** Every rule, in the order in which they are asked and listed. */
export const RULES: readonly Rule[] = [
  keepAliveOrder,
  boxForgetsFirst,
  keepaliveTooSlow,
  oppositeDemands,
  pingNotActivity,
  pingTooFast,
  noHealthCheck,
  slowHealthCheck,
  goawayCollision,
  hairpinProne,
  portRangeTooSmall,
  connectionLifetime,
  drainBeforeDeregistration,
  serverContradiction,
];

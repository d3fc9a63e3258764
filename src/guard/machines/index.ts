/** The pure half of the room: functions of state, input, time and dice. The simulator drives them with virtual time. */
export { type BackOffOptions, backOffMs } from "./back-off.ts";
export {
  decideGoaway,
  type GoawayDecision,
  type GoawayExemption,
  type GoawayRequest,
  type GoawayRule,
  type GoawayRuleOptions,
  goawayRule,
} from "./goaway-decision.ts";
export { checkRange, GuardFault } from "./guard-fault.ts";
export {
  type HealthCheck,
  type HealthCheckOptions,
  type HealthInput,
  type HealthStep,
  healthCheck,
  stepHealthCheck,
} from "./health-check.ts";
export { type Hop, type IdlePlan, idlePlan, type Place } from "./idle-plan.ts";
export {
  type Ending,
  isIdempotent,
  type JudgedRequest,
  type Judgement,
  judgeEnding,
  type RetryPolicy,
} from "./judge-ending.ts";
export {
  type Leave,
  type LeaveAction,
  type LeaveInput,
  type LeaveOptions,
  type LeavePhase,
  type LeaveStep,
  SERVING,
  stepLeave,
} from "./leave-session.ts";

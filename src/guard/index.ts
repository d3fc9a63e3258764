/** The door of `halfopen/guard`: what prevents the loss, for Node services. Imports no other room and no package. */

export type { Client, ClientCounters } from "./client/client.ts";
export { connect } from "./client/client.ts";
export type { ClientOptions } from "./client/client-options.ts";
export {
  type EndedBy,
  type Processed,
  RequestError,
  type RequestErrorCode,
} from "./client/request-error.ts";
export type { BodyPieces, MadeBody, RequestBody, RequestOptions, Response } from "./client/request-options.ts";
export type { Clock } from "./clock.ts";
export { type IdlePolicy, idlePolicy, type PathData } from "./idle/idle-policy.ts";
export type { GoawayExemption, GoawayRequest } from "./machines/goaway-decision.ts";
export { GuardFault } from "./machines/guard-fault.ts";
export type { ClientIdle, Hop, IdlePlan, Place, ServerIdle } from "./machines/idle-plan.ts";
export { type ConnectHandler, connectGuard } from "./plugins/connect.ts";
export { type FastifyGuarded, fastifyGuard } from "./plugins/fastify.ts";
export { type GrpcServerSettings, grpcServerDrain, grpcServerOptions } from "./plugins/grpc.ts";
export type { Guarded, GuardOptions } from "./plugins/guard-server.ts";
export { honoGuard } from "./plugins/hono.ts";
export { type Drain, type DrainOptions, type DrainPhase, type DrainReport, drain } from "./server/drain.ts";
export { type GoawayCounters, type GoawayFilter, type GoawayOptions, goaway } from "./server/goaway.ts";
export type { AnyServer } from "./server/watch-server.ts";

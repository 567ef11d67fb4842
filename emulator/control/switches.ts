import * as z from "zod";
import { ApiError } from "../api/errors";
import { parse } from "../api/validation";
import { addForeignDeploy } from "../deploy/newDeploy";
import { finishDeploy } from "../deploy/processing";
import type { Faults } from "../faults";
import type { Injections } from "../injections";
import type { RequestLog } from "../requestLog";
import type { DeploymentRecord, DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";
import { filesOf, textOf } from "./files";
import { deploymentOverview, deployOverview, overview } from "./overview";
import * as schemas from "./schemas";

/** What the switches act on. */
export interface Controlled {
  state: EmulatorState;
  faults: Faults;
  requestLog: RequestLog;
}

export interface SwitchCall extends Controlled {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: unknown;
}

export interface Switch {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/_emulator`. */
  path: string;
  does: string;
  /** Answers with what this returns; 204 for nothing. */
  run: (call: SwitchCall) => unknown;
}

function deploymentOf({ state, params }: SwitchCall): DeploymentRecord {
  const { deploymentId = "" } = params;
  const deployment = state.deployment(deploymentId);
  if (!deployment) throw new ApiError(404, `There is no Deployment ${deploymentId}`);
  return deployment;
}

function deployOf({ state, params }: SwitchCall): DeployRecord {
  const { deployId = "" } = params;
  const deploy = state.deploy(deployId);
  if (!deploy) throw new ApiError(404, `There is no deploy ${deployId}`);
  return deploy;
}

function shown({ state }: SwitchCall, deploy: DeployRecord) {
  const deployment = state.deployment(deploy.deploymentId);
  return deployment && deployOverview(state, deployment, deploy);
}

/** The switches of faults and plans: what applies to coming requests and deploys. */
function injectionSwitches<T extends { times?: number | undefined; skip?: number | undefined }>(
  name: string,
  what: string,
  schema: z.ZodType<T>,
  injections: (call: SwitchCall) => Injections<T>,
): Switch[] {
  return [
    {
      method: "GET",
      path: `/${name}`,
      does: `the ${what} that still apply`,
      run: (call) => injections(call).list(),
    },
    {
      method: "POST",
      path: `/${name}`,
      does: `adds one of the ${what}, and answers its id`,
      run: (call) => ({ id: injections(call).insert(parse(schema, call.body)) }),
    },
    {
      method: "DELETE",
      path: `/${name}`,
      does: `takes all ${what} back`,
      run: (call) => {
        for (const { id } of injections(call).list()) injections(call).remove(id);
      },
    },
    {
      method: "DELETE",
      path: `/${name}/:id`,
      does: `takes one of the ${what} back`,
      run: (call) => {
        const { id = "" } = call.params;
        if (!injections(call).remove(id)) throw new ApiError(404, `There is none with id ${id}`);
      },
    },
  ];
}

/** Everything that `/_emulator` answers, but its stream of events. */
export const switches: readonly Switch[] = [
  {
    method: "GET",
    path: "/state",
    does: "the Deployments with their deploys, newest first",
    run: ({ state }) => overview(state),
  },
  {
    method: "GET",
    path: "/deployments/:deploymentId",
    does: "a Deployment with its deploys",
    run: (call) => deploymentOverview(call.state, deploymentOf(call)),
  },
  {
    method: "PATCH",
    path: "/deployments/:deploymentId",
    does: "changes a Deployment: its status, its switches",
    run: (call) => {
      const change = parse(schemas.deploymentSchema, call.body);
      return deploymentOverview(call.state, Object.assign(deploymentOf(call), change));
    },
  },
  {
    method: "POST",
    path: "/deployments/:deploymentId/deploys",
    does: "adds a deploy that somebody else made",
    run: (call) => {
      const { id } = deploymentOf(call);
      const fields = parse(schemas.foreignDeploySchema, call.body);
      return shown(call, addForeignDeploy(call.state, id, fields));
    },
  },
  {
    method: "POST",
    path: "/deploys/:deployId/finish",
    does: "ends a deploy now",
    run: (call) => {
      const deploy = deployOf(call);
      const { status = "DEPLOYED", reason } = parse(schemas.finishSchema, call.body);
      if (deploy.status !== "INITIALIZED" && deploy.status !== status) {
        throw new ApiError(409, `Deploy ${deploy.id} is ${deploy.status} already`);
      }
      finishDeploy(call.state, deploy.id, status, reason);
      call.state.settle();
      return shown(call, deploy);
    },
  },
  {
    method: "GET",
    path: "/deploys/:deployId/files",
    does: "the files of a deploy's upload, and which differ from the deploy before",
    run: (call) => filesOf(call.state, deployOf(call)),
  },
  {
    method: "GET",
    path: "/deploys/:deployId/text",
    does: "the text of a file (name), and its difference to the deploy before",
    run: (call) => textOf(call.state, deployOf(call), call.query.get("name") ?? ""),
  },
  {
    method: "GET",
    path: "/operations",
    does: "what a fault can hit",
    run: () => ({ operations: schemas.operationNames }),
  },
  ...injectionSwitches("faults", "faults", schemas.faultSchema, ({ faults }) => faults),
  ...injectionSwitches("plans", "plans", schemas.planSchema, ({ state }) => state.plans),
  {
    method: "GET",
    path: "/import-faults",
    does: "the DAG files that Airflow cannot import",
    run: ({ state }) => [...state.importFaults].map(([id, fault]) => ({ id, ...fault })),
  },
  {
    method: "POST",
    path: "/import-faults",
    does: "from now on Airflow cannot import a DAG file",
    run: ({ state, body }) => ({
      id: state.addImportFault(parse(schemas.importFaultSchema, body)),
    }),
  },
  {
    method: "DELETE",
    path: "/import-faults/:id",
    does: "Airflow can import the file again",
    run: ({ state, params: { id = "" } }) => {
      if (!state.importFaults.delete(id)) throw new ApiError(404, `There is none with id ${id}`);
    },
  },
  {
    method: "GET",
    path: "/clock",
    does: "the emulator's time",
    run: ({ state }) => ({ now: state.clock.iso() }),
  },
  {
    method: "POST",
    path: "/clock/advance",
    does: "moves the clock by so many milliseconds (ms)",
    run: ({ state, body }) => {
      state.clock.advance(parse(schemas.advanceSchema, body).ms);
      return { now: state.clock.iso() };
    },
  },
  {
    method: "POST",
    path: "/ended-versions",
    does: "ends an API version: from now on it answers 410, or the status 404",
    run: ({ state, body }) => {
      const { apiVersion, status = 410 } = parse(schemas.endedVersionSchema, body);
      state.endVersion(apiVersion, status);
    },
  },
  {
    method: "GET",
    path: "/requests",
    does: "the requests so far, oldest first, without tokens and signatures",
    run: ({ requestLog, query }) => requestLog.requests.slice(-Number(query.get("last") ?? 0)),
  },
  {
    method: "DELETE",
    path: "/requests",
    does: "forgets the requests so far",
    run: ({ requestLog }) => {
      requestLog.requests.length = 0;
    },
  },
  {
    method: "POST",
    path: "/tokens",
    does: "makes a further token known, and answers its text",
    run: ({ state, body }) => ({ token: state.addToken(parse(schemas.tokenSchema, body)).token }),
  },
  {
    method: "POST",
    path: "/tokens/revoke",
    does: "from now on a token answers 401",
    run: ({ state, body }) => {
      state.tokens.revoke(parse(schemas.revokedTokenSchema, body).token);
    },
  },
];

import fc, { type Arbitrary } from "fast-check";
import type { Deployment, DeploysPage } from "../../provider/astro/responses";
import { deployTypes, type Deploy } from "../../provider/astro/types";
import { anything, some, withSome, type Values } from "./values.fuzz";

/** An object of the service's: an optional field is left out, or `null` as from some gateways. */
function answered<Name extends string>(
  required: NoInfer<Name>[],
  fields: Record<Name, Arbitrary<unknown>>,
): Arbitrary<Values> {
  const isOptional = (name: string) => required.every((it) => it !== name);
  const values: Record<string, Arbitrary<unknown>> = { ...fields, somethingNew: fc.jsonValue() };
  for (const [name, value] of Object.entries(values).filter(([it]) => isOptional(it))) {
    values[name] = fc.option(value, { freq: 4 });
  }
  return some(values, ...required);
}

const text = fc.string({ minLength: 1 });
const flag = fc.boolean();
const url = fc.webUrl({ withQueryParameters: true });

const subject = answered([], {
  ...{ id: text, subjectType: text, apiTokenName: text },
  ...{ avatarUrl: text, fullName: text, username: text },
});
const bundle = answered([], {
  ...{ bundleType: text, deployId: text, mountPath: text },
  ...{ currentVersion: fc.string(), desiredVersion: fc.string() },
});
const git = answered([], {
  ...{ provider: text, commitSha: text, account: text, repo: text, branch: text },
  ...{ commitUrl: text, remoteUrl: text, path: text, beforeCommitSha: text },
  ...{ authorName: text, authorUrl: text, authorUsername: text },
});

export const anyDeploy = answered<keyof Deploy>(
  [
    ...(["id", "deploymentId", "createdAt", "status", "type"] as const),
    ...(["imageRepository", "imageTag", "isDagDeployEnabled"] as const),
  ],
  {
    ...{ id: text, deploymentId: text, createdAt: text, imageRepository: text, imageTag: text },
    isDagDeployEnabled: flag,
    status: fc.oneof(fc.constantFrom("INITIALIZED", "DEPLOYED", "FAILED"), text),
    type: fc.oneof(fc.constantFrom<string>(...deployTypes), text),
    description: fc.string(),
    ...{ airflowVersion: fc.string(), astroRuntimeVersion: text, dagTarballVersion: fc.string() },
    ...{ dagsUploadUrl: url, bundleUploadUrl: url, bundleMountPath: text },
    bundles: fc.array(bundle, { maxLength: 2 }),
    git,
    ...{ createdBySubject: subject, updatedBySubject: subject, updatedAt: text },
    ...{ rollbackFromId: fc.string(), statusReason: fc.string() },
  },
);

export const anyPage = answered<keyof DeploysPage>(["deploys", "totalCount"], {
  deploys: fc.array(anyDeploy, { maxLength: 2 }),
  totalCount: fc.nat(),
});

export const anyDeployment = answered<keyof Deployment>(
  ["id", "name", "status", "isDagDeployEnabled", "isCicdEnforced"],
  {
    ...{ id: text, name: text, status: text, isDagDeployEnabled: flag, isCicdEnforced: flag },
    ...{ type: text, astroRuntimeVersion: text, runtimeVersion: text },
    remoteExecution: answered(["enabled"], { enabled: flag }),
    scalingSpec: answered([], {
      hibernationSpec: answered([], {
        override: answered(["isHibernating"], {
          ...{ isHibernating: flag, isActive: flag, overrideUntil: text },
        }),
      }),
    }),
    ...{ dagTarballVersion: text, desiredDagTarballVersion: text },
    ...{ workspaceId: text, statusReason: text, airflowVersion: text, imageTag: text },
    ...{ uiUrl: text, webServerUrl: text, webServerAirflowApiUrl: text },
  },
);

/** Stands in a reply for the token of the request. */
export const token = "TOKEN";
export const signature = "sig=vErYsEcReT";
const echo = fc.constantFrom("no", `no, ${token}`, `no, https://acme.blob/dags?v=1&${signature}`);
const problem = answered(["field", "message"], { field: echo, message: echo });
const refusal = answered(["message"], {
  ...{ message: echo, requestId: echo },
  fieldErrors: fc.array(problem, { maxLength: 2 }),
});

/** What comes back for a request. */
export interface Reply {
  status: number;
  body: string;
  damage: "none" | "is cut off" | "is no gzip";
}

/** Any reply, more often than not with what should be in it. */
export function replyWith(content: Arbitrary<Values>): Arbitrary<Reply> {
  const whole = fc.oneof({ weight: 3, arbitrary: content }, refusal);
  const body = fc
    .oneof({ weight: 2, arbitrary: whole }, withSome(whole, fc.oneof(echo, anything)))
    .map((it) => JSON.stringify(it));
  return fc.record({
    status: fc.oneof(fc.constant(200), fc.constantFrom(201, 204, 302, 400, 404, 422, 500, 503)),
    body: fc.oneof(
      { weight: 6, arbitrary: body },
      fc.tuple(body, fc.nat(100)).map(([it, end]) => it.slice(0, end)),
      fc.string(),
    ),
    damage: fc.oneof(
      { weight: 8, arbitrary: fc.constant("none" as const) },
      fc.constantFrom("is cut off", "is no gzip"),
    ),
  });
}

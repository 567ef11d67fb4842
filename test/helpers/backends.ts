import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startS3, type StateServer } from "./servers";

/** What can keep the state of stacks. A server that the machine lacks is skipped, and says why. */
export const backends: [string, (test: Mocha.Context) => Promise<StateServer>][] = [
  ["files", startFiles],
  ["PostgreSQL", startPostgres],
  ["S3", startS3],
];

function startFiles(): Promise<StateServer> {
  const folder = mkdtempSync(join(tmpdir(), "astro-backend-"));
  const stop = () => {
    rmSync(folder, { recursive: true });
    return Promise.resolve();
  };
  return Promise.resolve({ url: `file://${folder}`, env: {}, stop });
}

/** For a stack of a project that is the only one of its name in the backend. */
export const inBackend = ({ url, env }: StateServer, project: string) => ({
  files: { "Pulumi.yaml": `name: ${project}\nruntime: nodejs\nmain: index.js\n` },
  env: { ...env, PULUMI_BACKEND_URL: url },
});

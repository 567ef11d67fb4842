// A program that runs Pulumi itself, with no Pulumi.yaml and no `pulumi up`.
import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { AstroDeploy } from "pulumi-astro-deploy";

const deploymentId = process.env.ASTRO_DEPLOYMENT_ID;
if (!deploymentId) throw new Error("Set ASTRO_DEPLOYMENT_ID to the Deployment to deploy to.");

async function main(deploymentId: string): Promise<void> {
  const stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: "dev",
      projectName: "astro-automation",
      program: () => {
        const etl = new AstroDeploy("etl", {
          deploymentId,
          type: "DAG_ONLY",
          dags: join(__dirname, "dags"),
        });
        return Promise.resolve({ id: etl.id, status: etl.status });
      },
    },
    // Pulumi looks for the provider's packages from here.
    { workDir: __dirname, projectSettings: { name: "astro-automation", runtime: "nodejs" } },
  );
  const { outputs } = await stack.up({ onOutput: (text) => process.stdout.write(text) });
  console.log(`${String(outputs.id?.value)} is ${String(outputs.status?.value)}`);
}

void main(deploymentId);

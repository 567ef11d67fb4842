// What the three runners have in common: mocks in place of Pulumi's engine and of Astro.
import * as pulumi from "@pulumi/pulumi";
import type { GetDeploymentArgs } from "pulumi-astro-deploy";

/** What the program has declared, in this order. */
export const declared: pulumi.runtime.MockResourceArgs[] = [];

/** To be awaited before the program declares anything. */
export async function mockAstro(): Promise<void> {
  declared.length = 0;
  await pulumi.runtime.setMocks({
    newResource: (resource) => {
      declared.push(resource);
      const inputs = resource.inputs as Record<string, unknown>;
      return { id: `${resource.name}-id`, state: { ...inputs, status: "DEPLOYED" } };
    },
    call: ({ token, inputs }) => {
      if (token !== "astro:index:getDeployment") throw new Error(`No mock for ${token}.`);
      const { name } = inputs as GetDeploymentArgs;
      return { id: `id-of-${name ?? ""}`, name, status: "HEALTHY" };
    },
  });
}

/** The value of an output, which under mocks is always known. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

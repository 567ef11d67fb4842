// The example of the resource, in each language of which there is an SDK or a host here.
const programs = {
  python: `
import pulumi_astro_deploy as astro

etl = astro.Deploy(
    "etl",
    deployment_id="clvdexample0000000000000",
    type="DAG_ONLY",
    dags="./dags",
)
`,
  yaml: `
resources:
  etl:
    type: astro:Deploy
    properties:
      deploymentId: clvdexample0000000000000
      type: DAG_ONLY
      dags: ./dags
`,
  go: `
etl, err := astro.NewDeploy(ctx, "etl", &astro.DeployArgs{
	DeploymentId: pulumi.String("clvdexample0000000000000"),
	Type:         pulumi.String("DAG_ONLY"),
	Dags:         pulumi.String("./dags"),
})
`,
  typescript: `
const etl = new astro.Deploy("etl", {
  deploymentId: "clvdexample0000000000000",
  type: "DAG_ONLY",
  dags: "./dags",
});
`,
};

const blocks = Object.entries(programs).map(([language, text]) => `\`\`\`${language}${text}\`\`\``);

/** In the form that Pulumi's generators know: each language's documentation gets its own. */
export const example = `{{% examples %}}
## Example Usage

{{% example %}}
### A folder of DAGs

${blocks.join("\n\n")}
{{% /example %}}
{{% /examples %}}`;

import pulumi
import pulumi_astro_deploy as astro

config = pulumi.Config()

etl = astro.Deploy(
    "etl",
    deployment_id=config.require("deploymentId"),
    type="DAG_ONLY",
    dags=config.get("dags") or "./dags",
)

pulumi.export("deployId", etl.deploy_id)
pulumi.export("status", etl.status)
pulumi.export("dagTarballVersion", etl.dag_tarball_version)

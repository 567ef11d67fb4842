package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	astro "pulumi-astro-deploy/sdk/go"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		etl, err := astro.NewDeploy(ctx, "etl", &astro.DeployArgs{
			DeploymentId: pulumi.String(config.Require(ctx, "deploymentId")),
			Type:         pulumi.String("DAG_ONLY"),
			Dags:         pulumi.String("./dags"),
		})
		if err != nil {
			return err
		}
		ctx.Export("deployId", etl.DeployId)
		ctx.Export("status", etl.Status)
		ctx.Export("dagTarballVersion", etl.DagTarballVersion)
		return nil
	})
}

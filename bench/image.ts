import { randomBytes } from "node:crypto";
import { pushImage } from "../provider/image/push";
import { parseImageReference } from "../provider/image/reference";
import { findTool } from "../provider/image/tools";
import { writeLayout } from "../test/helpers/images";
import { Registry } from "../test/helpers/registry";
import { compare, lacks, shell } from "./compare";
import { folder, mebibyte, sizes } from "./trees";

const [username, password] = ["cli", "an-api-token"];

/** A push of an image whose layers the registry has not seen. */
export async function benchImage(): Promise<void> {
  for (const program of ["docker-registry", "skopeo"]) {
    if (lacks(program)) {
      console.log(`  push of an image: skipped, since ${program} is not installed`);
      return;
    }
  }
  const layout = folder();
  await writeLayout(layout, { one: { content: randomBytes(sizes.mebibytes * mebibyte) } });
  const source = parseImageReference(`oci:${layout}:one`);
  if (!source) throw new Error(`${layout} is no reference.`);
  const tool = await findTool(source.transport, "skopeo", false);
  let registry: Registry | undefined;
  const repository = () => `${registry?.address ?? ""}/acme/etl`;
  try {
    await compare(
      `push of an image of ${sizes.mebibytes} MiB`,
      () =>
        pushImage(
          source,
          { repository: repository(), tag: "1", username, password },
          { tool, limit: { ms: 600_000, setting: "astro:uploadTimeoutSeconds" } },
        ),
      {
        name: "`skopeo copy`",
        goal: 1.1,
        // A registry that has the layers already, in whatever repository, is not sent them again.
        prepare: async () => {
          await registry?.stop();
          registry = await Registry.start(username, password);
        },
        run: () =>
          shell(
            'skopeo copy -q --dest-tls-verify=false --dest-creds "$1" "$2" "$3"',
            `${username}:${password}`,
            `oci:${layout}:one`,
            `docker://${repository()}:1`,
          ),
      },
    );
  } finally {
    await registry?.stop();
  }
}
